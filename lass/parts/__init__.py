"""Parts: networks that are trained alone and that others build on, each in a folder of its own."""
