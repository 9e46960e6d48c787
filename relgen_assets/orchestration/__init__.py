"""Everything that depends on Dagster: assets, checks, jobs, sensors, partitions and runs.

Domain rules do not belong here: assets and checks call functions that work without Dagster.

May touch everything below it. Only `cli` and `definitions` import it.
"""
