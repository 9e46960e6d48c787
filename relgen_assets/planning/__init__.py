"""What a run would take, before it is started: calls, time, energy, and what would help.

    sample       articles of the source, turned into prompts whose tokens are counted
    experience   what the ledger knows: lengths of answers, further tries, speeds of servers
    fleet        the endpoints of the settings as servers of the simulator
    forecast     the simulated run

`plan` is the way in. Printing is the command line's business, the policy that is simulated is the
pool's own (`resources.llama_server_pool.scheduling.scheduler`).
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
