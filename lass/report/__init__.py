"""Tables and figures, made from what scoring wrote."""
