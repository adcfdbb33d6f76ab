"""Metrics: one function a file, numpy in, dB out. An improvement is ``metric(ref, est) - metric(ref, mixture)``."""
