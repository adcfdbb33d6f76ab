"""Instructions -> operations: what is to be extracted from a mixture, and what removed (HSM-TSS, Sec. III-F)."""
