"""The generation ledger: every completed generation, durable before it is used.

Owns the whole database: its tables, its migrations, and the leases that runs share through it.
Knows no server and no pool.

    ledger               the Dagster resource: its life cycle, and the interface to the rest
    options              what can be configured
    keys                 the key of a generation, and what belongs in it
    schema               the tables; `migrations` and `upgrade` bring older ledgers up to date
    store                looking answers up and recording them
    verdicts_and_grants  verdicts of validations, and grants of further attempts
    entries              single calls with everything known about them
    call_costs           what recent calls cost
    stats                the whole ledger in numbers
    transfer             export to parquet files, and import; `merge` adds the rows
    pruning              reclaiming space
    lease                one holder at a time of a named piece of work
    slot_leases          server slots, divided among runs
    engine               the database: URL, transactions, reconnecting

May touch `resources.generation`, `resources.storage`, `resources.former_names`,
`resources.path_settings`, `resources.parquet_bytes`, `resources.credentials`, `resources.redaction`
and `resources.errors`.
"""
