"""Dagster resources for any project: server pool, generation ledger, parquet storage.

Whatever lives here works in another project unchanged: it knows neither papers nor datasets.

May touch nothing outside itself: `relgen_assets` imports `resources`, never the reverse.
"""
