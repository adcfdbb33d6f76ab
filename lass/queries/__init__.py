"""Queries: text or audio -> embedding [B, D]. Knows no separator."""

ANYTHING = "a sound"  # asks for nothing in particular: the control "constant"
ENCODER = "encoder"  # in a model folder: a frozen encoder that the model brings along, as transformers saves it
