"""What must hold between stored tables: invariants, reconciliation, lineage, and counts.

Pure functions over rows and tables that list violations. Nothing is written here, and nothing here
knows Dagster: `orchestration.checks` turns the violations into asset checks.

May touch `rows`, `prompts`, `extraction`, `export` and the values of `resources.generation_ledger`.
"""
