"""One thin main a stage: `lass <stage>` or `python -m lass.bin.<stage>`."""
