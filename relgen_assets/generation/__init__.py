"""Requests to the model, the rows made from the answers, and what to ask again.

May touch rows, prompts, text, extraction and the settings; of `resources` only the values of
`resources.generation` and the ledger's keys. Sending belongs to the pool.
"""
