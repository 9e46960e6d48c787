"""Dagster resources that know nothing of papers: server pool, generation ledger, parquet storage.

Another project can use them unchanged: a project imports `resources`, never the other way round,
and what its own users should read in a message is given by the project.
"""
