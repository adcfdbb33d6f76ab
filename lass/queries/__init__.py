"""Queries: text or audio -> embedding [B, D]. Knows no separator."""

ANYTHING = "a sound"  # asks for nothing in particular: the control "constant"
