"""Metrics: one function a file, waves in, figures out; ``registry`` names them and says what each of them takes."""
