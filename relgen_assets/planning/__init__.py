"""What a run would take, before it is started: calls, time, energy, and what would help.

    sampling         articles of the source, turned into prompts whose tokens are counted
    experience       what the ledger knows: lengths of answers, further attempts, speeds of servers
    planned_servers  the endpoints of the settings as servers of the simulator
    forecast         the simulated run

Printing belongs to `cli`, the simulated policy to `resources.llama_server_pool.scheduling`.

May touch `sources`, `text`, `generation`, `rows`, `settings` and `domain_errors`; of the resources
`resources.generation`, `resources.generation_ledger`, and of `resources.llama_server_pool` the
simulation and the values it takes. No server is asked here, and nothing knows Dagster.
"""

from relgen_assets.planning.experience import Experience, Speed, learn
from relgen_assets.planning.forecast import Plan, ServerPlan, StagePlan, forecast
from relgen_assets.planning.planned_servers import PlannedServer, planned_fleet
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
    "planned_fleet",
    "take_sample",
]
