"""Finished datasets: fine-tuning rows, splits, shards, the card, and proof that they load.

Nothing here knows of Dagster or of language models.
"""
