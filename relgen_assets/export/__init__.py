"""Finished datasets: fine-tuning rows, splits, shards, the card, and proof that they load.

How an extraction is judged does not belong here, nor does anything of Dagster or language models.

May touch `rows`, `rights`, `domain_errors` and `resources.storage`.
"""
