"""Files: atomic writes, tables, audio. Knows nothing of models."""
