"""What must hold between stored tables: invariants, reconciliation, lineage, and counts.

Pure functions over rows and tables that list violations. This wing writes nothing and does not
depend on Dagster: `orchestration.checks` turns the violations into asset checks. For people who
look at single chunks, `lookup` finds one, `chunk_story` collects what is stored of it, and
`code_meanings` explains its codes.

May touch `rows`, `prompts`, `extraction`, `text`, `export`, `generation`, `sources`,
`domain_errors`, `resources.control_tokens`, and the values of `resources.generation` and
`resources.generation_ledger`.
"""
