"""Finished datasets: fine-tuning rows, splits, shards, the card, and proof that they load.

May touch rows and storage; knows nothing of Dagster or of language models.
"""
