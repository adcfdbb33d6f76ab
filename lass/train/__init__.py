"""Training: ties data, queries and separators together with Lightning."""
