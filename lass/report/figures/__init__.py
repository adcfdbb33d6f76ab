"""Plots, one file each; each is drawn only where its data exist."""
