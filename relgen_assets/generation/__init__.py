"""Requests to the model, the rows made from the answers, and what to ask again.

Sending belongs to the pool, judging an answer to `extraction`.

May touch `rows`, `prompts`, `text`, `extraction` and `settings`; of the resources the values of
`resources.generation`, the keys of `resources.generation_ledger`, and `resources.control_tokens`.
"""
