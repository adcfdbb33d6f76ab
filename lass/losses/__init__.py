"""Training losses, one function a file: (estimate, target) -> scalar tensor, of masks one value a mixture."""
