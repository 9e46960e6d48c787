"""Asking endpoints about texts with gold: which texts, with which prompts, and what came of it.

How answers are scored belongs to the wing `evaluation`. Each endpoint is asked by itself, through
the pool and the ledger, under a task of its own: two servers of one model do not share answers.
"""
