"""Finished datasets: rows to train on, splits, shards, the card, and proof that they load.

How an extraction is judged does not belong here, nor does anything of Dagster or language models.

May touch `rows`, `rights`, `domain_errors`, `prompts`, `settings`, `text`, `evaluation`, the
grounding of `extraction`, `resources.control_tokens`, `resources.path_settings` and
`resources.storage`.
"""
