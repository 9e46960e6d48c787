"""Forecasts of a run before it starts: calls, time, energy, and what another server would save.

    sampling          sampled articles of the source, turned into prompts, with their tokens
    experience        what the ledger knows: lengths of answers, attempts, speeds of servers
    planned_servers   the configured endpoints as servers of the simulator
    forecast          the simulated run

Printing belongs to the command line. The simulated policy is the pool's own
(`resources.llama_server_pool.scheduling.scheduler`).
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
