"""Asset `evaluations`: what the endpoints are worth on gold and on needles, with a history."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import dagster as dg

from relgen_assets.evaluation.certificate import Certificate, Evaluated
from relgen_assets.evaluation.needles import FACTS_FOUND
from relgen_assets.export.certificates import store_certificate
from relgen_assets.orchestration.assets.common import GROUP, OWNERS
from relgen_assets.orchestration.assets.generated import SERVERS_POOL
from relgen_assets.orchestration.evaluating.endpoints import settings_of
from relgen_assets.orchestration.evaluating.evaluation import evaluate
from relgen_assets.orchestration.evaluating.needles import needles_in
from relgen_assets.orchestration.evaluating.prompts import Asking
from relgen_assets.orchestration.evaluating.texts import texts_on
from relgen_assets.orchestration.progress_log import logged_progress
from relgen_assets.orchestration.project import Project
from relgen_assets.settings import Settings
from resources.generation_ledger.ledger import GenerationLedger
from resources.llama_server_pool.pool import LlamaServerPool
from resources.parquet_io_manager import ParquetIOManager
from resources.step_failures import remedy_first

_PLOTTED: Final = (
    "valid_json",
    "usable",
    "names_precision",
    "names_recall",
    "names_f1",
    "pairs_f1",
)


def build(project: Project, gold: str) -> dg.AssetsDefinition:
    """Return the asset that certifies the endpoints; it is made by hand, never by itself.

    Args:
        project: The opened project.
        gold: Path of the gold file.
    """
    settings = project.settings

    @dg.asset(
        deps=[dg.AssetDep("summaries", partition_mapping=dg.AllPartitionMapping())],
        group_name=GROUP,
        owners=OWNERS,
        kinds={"python", "openai"},
        pool=SERVERS_POOL,
    )
    @remedy_first()
    def evaluations(
        context: dg.AssetExecutionContext,
        generation_ledger: GenerationLedger,
        io_manager: dg.ResourceParam[ParquetIOManager],
    ) -> dg.MaterializeResult[None]:
        """What each endpoint is worth on gold and on planted facts, by the prompts of a run.

        The scores stand in the metadata, which Dagster plots over time, and in the card.
        """
        own = settings.evaluation
        texts = texts_on(gold, settings.storage.dataset, form=own.gold_format, limit=own.gold_texts)
        endpoints = settings_of(settings, ())

        @contextmanager
        def opened(asked: Settings) -> Iterator[LlamaServerPool]:
            pool = LlamaServerPool(
                **dict(asked.pool),
                log_dir=f"{settings.storage.state}/logs",
                ledger=generation_ledger,
            )
            try:
                yield pool
            finally:
                pool.close()

        askings = [Asking()] * len(endpoints)
        with logged_progress(context.log):
            found = evaluate(project, texts, endpoints, askings, opened)
            if own.needles:
                needles = needles_in(io_manager, own.needles)
                back = evaluate(project, needles, endpoints, askings, opened)
                found = [
                    one.model_copy(update={"needles": planted.scores.scores[FACTS_FOUND]})
                    for one, planted in zip(found, back, strict=True)
                ]
        certificate = Certificate(on=Path(gold).name, made=datetime.now(UTC), evaluated=found)
        url = store_certificate(settings.storage.dataset, certificate)
        return dg.MaterializeResult(
            metadata={
                "texts": len(texts),
                "certificate": dg.MetadataValue.path(url),
                "scores": dg.MetadataValue.json([one.model_dump(mode="json") for one in found]),
                **_plotted(found),
            }
        )

    return evaluations


def _plotted(found: Sequence[Evaluated]) -> dict[str, Any]:
    """Return numbers that Dagster plots over the materialisations."""
    numbers = {
        f"{one.endpoint}_{name}".replace("-", "_").replace(".", "_"): one.scores.scores[name].value
        for one in found
        for name in _PLOTTED
    }
    return {name: value for name, value in numbers.items() if value is not None}
