"""Plain text as the pipeline needs it: tokenizer, chunking and candidate terms.

May touch rows and errors. What a model answers about a text belongs to `extraction`.
"""
