"""Everything that knows Dagster: assets, checks, jobs, sensors, partitions and runs.

No rule of the domain belongs here: assets and checks call one that works without Dagster.

May touch everything below it. Only `cli` and `definitions` import it.
"""
