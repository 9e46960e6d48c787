"""What answers are worth: scores against gold, agreement of overlaps, needles, and intervals.

Pure functions over rows, texts and answers. Asking a model belongs to `orchestration`, the rules
that judge an answer to `extraction`.

May touch `rows`, `extraction`, `domain_errors` and `resources.control_tokens`.
"""
