"""Sets of clips, mixture lists, the mixer, the training set."""
