"""Wires everything together: settings, resources, assets, checks and jobs.

The only module that knows all others; nothing imports it but Dagster and the command line.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields

import dagster as dg

from relgen_assets.orchestration.assets import build_assets
from relgen_assets.orchestration.automation import build_schedules, build_sensors
from relgen_assets.orchestration.checks import build_checks
from relgen_assets.orchestration.drop_job import build_drop_job
from relgen_assets.orchestration.jobs import build_jobs
from relgen_assets.orchestration.project import Project, definitions_root, require_project
from relgen_assets.orchestration.project_id import project_id
from relgen_assets.settings import Settings, load_settings
from resources.generation_ledger.ledger import GenerationLedger
from resources.llama_server_pool.pool import LlamaServerPool
from resources.parquet_io_manager import ParquetIOManager

OUTAGE_REMEDY = (
    "Finished answers are kept. Start or fix the servers, check with `relgen endpoints`, and run"
    " the partition again."
)


@dataclass(frozen=True, slots=True)
class Resources:
    """The resources of a project; the name of each is the key by which assets request it."""

    io_manager: ParquetIOManager
    generation_ledger: GenerationLedger
    llama_server_pool: LlamaServerPool

    def by_key(self) -> dict[str, object]:
        """Return the resources by their keys, as Dagster expects them."""
        return {one.name: getattr(self, one.name) for one in fields(self)}


def build_resources(settings: Settings, *, scope: str | None = None) -> Resources:
    """Return the resources the settings describe.

    Args:
        settings: The settings of a project.
        scope: Whose leases and grants count; by default those of the project alone.
    """
    ledger = GenerationLedger(
        **dict(settings.ledger),
        import_command="relgen ledger import",
        scope=project_id(settings.storage.data) if scope is None else scope,
    )
    return Resources(
        io_manager=ParquetIOManager(base_path=settings.storage.data),
        generation_ledger=ledger,
        llama_server_pool=LlamaServerPool(
            **dict(settings.pool),
            outage_remedy=OUTAGE_REMEDY,
            log_dir=f"{settings.storage.state}/logs",
            ledger=ledger,
        ),
    )


def build_defs(project: Project, resources: Mapping[str, object] | None = None) -> dg.Definitions:
    """Return the definitions of a project.

    Args:
        project: The opened project.
        resources: Resources that replace those of the settings, by key; for tests.
    """
    jobs = build_jobs(project.settings)
    return dg.Definitions(
        assets=build_assets(project),
        asset_checks=build_checks(project),
        jobs=[*jobs, build_drop_job(project)],
        sensors=build_sensors(project, jobs),
        schedules=build_schedules(project),
        resources={**build_resources(project.settings).by_key(), **(resources or {})},
        # The work waits on servers and the pool keeps state: one process a run, runs in parallel.
        executor=dg.in_process_executor,
    )


@dg.definitions
def defs() -> dg.Definitions:
    """Return the definitions of the project, for Dagster's tools, wherever they were started.

    Raises:
        ConfigurationError: Nothing names a project, or a setting is wrong.
    """
    root = definitions_root()
    require_project(root)
    return build_defs(Project(load_settings(root)))
