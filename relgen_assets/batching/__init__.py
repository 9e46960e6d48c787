"""Which article belongs to which batch, and what became of it in the source since.

A batch that was begun has a manifest: its articles, with a digest of what each said. The articles
of the source that no manifest has are divided into further batches. So nothing depends on where an
article stands: rows may be inserted, removed, moved and edited between two runs.

`manifest` is what a batch remembers, `plan` divides and compares, `manifests` stores. Reading
articles belongs to `sources`, and when to plan to `orchestration`.

May touch `rows`, `domain_errors` and `resources.storage`.
"""
