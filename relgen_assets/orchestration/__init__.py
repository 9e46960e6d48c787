"""Everything that knows Dagster: assets, checks, jobs, sensors, partitions and runs.

May touch every other wing but `cli` and `definitions`, the only two that import it. No rule of the
domain belongs here: assets and checks call one that does not know Dagster.
"""
