"""Dagster resources for any project: server pool, generation ledger, parquet storage.

Another project can use them unchanged: they know neither papers nor datasets, and a project
supplies the words that its own users should read in messages.

May touch nothing outside itself: a project imports `resources`, never the reverse.
"""
