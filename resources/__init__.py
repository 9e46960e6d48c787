"""Dagster resources that know nothing of papers: server pool, generation ledger, parquet storage.

Whatever lives here must be usable by another project unchanged. `relgen_assets` imports
`resources`, never the other way round.
"""
