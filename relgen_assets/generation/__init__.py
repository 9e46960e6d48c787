"""Requests to the model, the rows their answers become, and what is worth asking again.

May touch rows, prompts, text, extraction and the settings; of `resources` only the values of
`resources.generation` and the ledger's keys. Sending belongs to the pool.
"""
