"""Separation with a trained model: model folders, one wave of any rate, channels and length, whole sets."""
