"""The job that drops one batch. What a drop is belongs to `dropping`."""

from typing import Any, Final

import dagster as dg
from pydantic import Field

from relgen_assets.domain_errors import ConfigurationError
from relgen_assets.orchestration.dropping import drop_batch
from relgen_assets.orchestration.project import Project
from resources.generation_ledger.ledger import GenerationLedger
from resources.parquet_io_manager import ParquetIOManager
from resources.step_failures import remedy_first

DROP_JOB: Final = "drop_batch"
OP: Final = "remove_batch"


class DropConfig(dg.Config):
    """The confirmation that a drop needs."""

    confirm: bool = Field(
        default=False,
        description="Set it to true to remove the tables and shards of the batch. Its answers stay"
        " in the ledger.",
    )


def build_drop_job(project: Project) -> dg.JobDefinition:
    """Return the job that drops one batch, once it is confirmed."""

    @dg.op(name=OP, out=dg.Out(dg.Nothing), description="Removes tables and shards of a batch.")
    @remedy_first()
    def remove(
        context: dg.OpExecutionContext,
        config: DropConfig,
        io_manager: dg.ResourceParam[ParquetIOManager],
        generation_ledger: GenerationLedger,
    ) -> None:
        if not config.confirm:
            raise ConfigurationError(
                "nothing was removed: the drop is not confirmed.",
                where=context.partition_key,
                remedy=f"Set ops.{OP}.config.confirm to true.",
            )
        dropped = drop_batch(
            project,
            context.partition_key,
            store=io_manager,
            ledger=generation_ledger,
            instance=context.instance,
            run_id=context.run_id,
        )
        context.log.info(
            "%s: removed %d shards and the tables %s",
            dropped.batch,
            dropped.shards,
            ", ".join(dropped.tables) or "(none)",
        )
        context.log_event(
            dg.AssetMaterialization(
                "dataset_card",
                description=f"Without {dropped.batch}, which was dropped.",
                metadata={"card": dg.MetadataValue.md(dropped.card.body)},
            )
        )

    @dg.job(
        name=DROP_JOB,
        partitions_def=project.batches.definition(),
        description="Removes one batch: its tables, its shards and its part of the card. Answers"
        " stay in the ledger, so making it again asks nothing.",
    )
    def drop() -> None:
        remove()

    return drop


def drop_config() -> dict[str, Any]:
    """Return the run configuration that confirms a drop."""
    return {"ops": {OP: {"config": {"confirm": True}}}}
