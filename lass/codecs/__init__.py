"""Waves to tokens and back, and the decoder that makes tokens of features."""
