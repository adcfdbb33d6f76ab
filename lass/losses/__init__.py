"""Training losses, one function a file: (estimate, target) -> scalar tensor."""
