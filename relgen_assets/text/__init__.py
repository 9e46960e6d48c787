"""Plain text as the pipeline needs it: tokenizer, chunking and candidate terms.

What a model is asked about a text belongs to `prompts`, what it answers to `extraction`.

May touch `rows`, `domain_errors`, and what names are and where they stand in `extraction`.
"""
