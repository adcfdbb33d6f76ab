"""Queries: text or audio -> embedding [B, D]. Knows no separator."""
