"""The generation ledger: every completed generation, durable before it is used.

Owns the whole database: its tables, its migrations, and the leases that runs share through it.
Knows no server and no pool.

    ledger               the Dagster resource: life cycle, and the way in to all below
    options              what can be configured
    keys                 the key of a generation, and what belongs in it
    schema               the tables; `migrations` and `upgrade` bring older ones to this version
    store                looking answers up and recording them
    verdicts_and_grants  what validations said, and which subjects were granted further attempts
    entries              single calls with everything that is known of them
    call_costs           what recent calls cost
    stats                the whole ledger in numbers
    transfer             to parquet files and back; `merge` is its way in
    pruning              reclaiming space
    lease                one holder at a time of a named piece of work
    slot_leases          the slots of servers, divided among runs
    engine               the database: URL, transactions, reconnecting

May touch `resources.generation`, `resources.storage`, `resources.former_names`,
`resources.parquet_bytes` and `resources.errors`.
"""
