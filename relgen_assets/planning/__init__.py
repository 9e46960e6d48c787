"""Forecasts of a run before it starts: calls, time, energy, and what another server would save.

    sampling         articles of the source, turned into prompts whose tokens are counted
    experience       from the ledger: lengths of answers, further attempts, speeds of servers
    planned_servers  the endpoints of the settings as servers of the simulator
    forecast         the simulated run

Printing belongs to `cli`, the simulated policy to `resources.llama_server_pool.scheduling`.

May touch `sources`, `text`, `prompts`, `generation`, `rows`, `settings` and `domain_errors`; of the
resources `resources.generation`, `resources.generation_ledger`, and of
`resources.llama_server_pool` the simulation and the values it takes. This wing sends no requests
and does not depend on Dagster.
"""

from relgen_assets.planning.experience import Experience, Speed, learn
from relgen_assets.planning.forecast import Plan, ServerPlan, StagePlan, forecast
from relgen_assets.planning.planned_servers import PlannedServer, plan_servers
from relgen_assets.planning.sampling import Sample, take_sample

__all__ = [
    "Experience",
    "Plan",
    "PlannedServer",
    "Sample",
    "ServerPlan",
    "Speed",
    "StagePlan",
    "forecast",
    "learn",
    "plan_servers",
    "take_sample",
]
