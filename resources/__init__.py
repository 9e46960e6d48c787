"""Dagster resources for any project: server pool, generation ledger, parquet storage.

Another project can use them unchanged: they know neither papers nor datasets, and what a project's
own users should read in a message is given by the project.

May touch nothing outside itself: a project imports `resources`, never the reverse.
"""
