"""Scores of one system on one test set: items, aggregation, intervals."""
