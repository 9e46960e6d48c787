"""What must hold between stored tables: invariants, reconciliation, lineage, and counts.

Pure functions over rows and tables that list violations. This wing writes nothing and does not
depend on Dagster: `orchestration.checks` turns the violations into asset checks.

May touch `rows`, `prompts`, `extraction`, `export`, `domain_errors` and the values of
`resources.generation_ledger`.
"""
