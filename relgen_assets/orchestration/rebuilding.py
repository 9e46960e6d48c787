"""A release made again from the articles and the ledger alone: no server is asked, nothing new.

The graph runs over scratch tables, in an instance of its own, with a pool that looks up and never
sends. So every rule and every check is that of a run, and the project's tables stay as they are.
"""

# Without `from __future__ import annotations`: Dagster reads the annotations of a resource.

import asyncio
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import dagster as dg
from pydantic import Field

from relgen_assets.domain_errors import ConfigurationError, MissingAnswers
from relgen_assets.generation.extraction_requests import EXTRACTION_TASK
from relgen_assets.generation.summary_requests import SUMMARY_TASK
from relgen_assets.orchestration.project import Project
from relgen_assets.orchestration.runs import run_batch
from relgen_assets.rows.asset_tables import RAW_PAPERS
from relgen_assets.settings import Settings
from resources.generation import GenerationRequest, Judge, NextAttempt
from resources.generation_ledger.ledger import GenerationLedger
from resources.llama_server_pool.pool import LlamaServerPool
from resources.llama_server_pool.reports import BatchResult
from resources.parquet_io_manager import ParquetIOManager
from resources.progress import BOARD


class LedgerPool(LlamaServerPool):
    """A pool that answers from the ledger alone; it opens no connection and starts no server."""

    answering_model: str = Field(description="Identity of the model whose answers count.")

    def generate(
        self,
        requests: Sequence[GenerationRequest],
        *,
        accept: Judge | None = None,
        attempts: int = 1,
        granted: Mapping[str, int] | None = None,
        ask_again: NextAttempt | None = None,
        leave_out: Collection[str] = (),  # noqa: ARG002 - no endpoint takes part anyway
        title: str = "",
    ) -> BatchResult:
        """Return the recorded outcome of every request.

        Raises:
            MissingAnswers: The ledger has no answer to some of them.
            LedgerError: The ledger cannot be read.
        """
        from resources.llama_server_pool.dispatch.known import known_outcomes
        from resources.llama_server_pool.dispatch.order import BatchOrder

        ledger = cast("GenerationLedger", self.ledger)  # that it is none yet is Dagster's type
        order = BatchOrder(requests, accept, attempts, 0.0, granted or {}, ask_again)
        with BOARD.begin(title or "generations", len(requests)) as progress:
            result, unknown = asyncio.run(
                known_outcomes(ledger, order, self.answering_model, progress)
            )
        if unknown:
            raise MissingAnswers(title, [request.subject for request in unknown])
        return result


def scratch_settings(settings: Settings, folder: Path) -> Settings:
    """Return settings under which a project writes into a scratch folder, and needs no secret.

    Args:
        settings: The settings of the project.
        folder: The scratch folder.
    """
    storage = settings.storage.model_copy(
        update={"data": str(folder / "data"), "dataset": str(folder / "dataset")}
    )
    endpoints = [
        one.model_copy(update={"api_key_env": None, "api_key_file": None})
        for one in settings.pool.endpoints
    ]
    pool = settings.pool.model_copy(update={"endpoints": endpoints})
    return settings.model_copy(update={"storage": storage, "pool": pool})


def ledger_pool(settings: Settings, ledger: GenerationLedger, model: str) -> LedgerPool:
    """Return the pool of a rebuild.

    Args:
        settings: The settings of the project.
        ledger: Where the answers are.
        model: Identity of the model whose answers count.
    """
    options: dict[str, Any] = dict(settings.pool)
    return LedgerPool(**options, ledger=ledger, answering_model=model)


def answering_model(
    settings: Settings, ledger: GenerationLedger, released: Sequence[str] = ()
) -> str:
    """Return the model whose answers a rebuild takes; servers, which would say it, are not asked.

    Args:
        settings: The settings of the project; `pool.model` decides.
        ledger: The ledger, in which a single model decides as well.
        released: Models that wrote the rows of the release to be made again.

    Raises:
        ConfigurationError: There are answers of several models, or none.
    """
    if settings.pool.model:
        return settings.pool.model
    tasks = (SUMMARY_TASK, EXTRACTION_TASK)
    recorded = {group.model for group in ledger.stats().groups if group.task in tasks}
    wanted = recorded & set(released) if released else recorded
    if len(wanted) == 1:
        return wanted.pop()
    if not recorded:
        raise ConfigurationError(
            "the ledger holds no answers.",
            where=ledger.database.where,
            remedy="Copy the ledger of the project that made the release, or import an export of"
            " it: relgen ledger import",
        )
    named = ", ".join(sorted(wanted or recorded))
    raise ConfigurationError(
        f"it is not clear whose answers to take; the ledger holds those of {named}.",
        where="pool.model",
        remedy="Set pool.model to the model that made the release.",
    )


def rebuild_batches(
    definitions: dg.Definitions, instance: dg.DagsterInstance, batches: Sequence[str]
) -> None:
    """Make batches from articles and ledger.

    Args:
        definitions: The definitions of the scratch project, with a `LedgerPool`.
        instance: The instance of the rebuild.
        batches: Their keys.

    Raises:
        MissingAnswers: The ledger lacks answers, found after all batches were tried.
        ActionableError: A batch cannot be made for another reason.
    """
    missing: list[str] = []
    with BOARD.begin("rebuilt batches", len(batches)) as task:
        for key in batches:
            try:
                run_batch(definitions, instance, key)
            except MissingAnswers as error:
                missing += error.subjects
            task.advance()
    if missing:
        raise MissingAnswers("the ledger", missing)


def same_articles(
    project: Project, again: Project, batches: Sequence[str], *, store: ParquetIOManager
) -> None:
    """Give batches of a scratch project the articles that they have in the project.

    Args:
        project: The project.
        again: The scratch project.
        batches: The batches to make again.
        store: Where the scratch project stores tables.
    """
    for key in batches:
        manifest = project.planner.manifests.one(key)
        if manifest is None:
            continue
        again.planner.manifests.write(manifest)
        if any(note.kept for note in manifest.articles):  # the source no longer has them so
            stored = project.planner.store.read(RAW_PAPERS.asset, key)
            store.write(stored, RAW_PAPERS.asset, key)


def batches_of(project: Project, released: Sequence[str] | None) -> list[str]:
    """Return the batches to make again.

    Args:
        project: The project.
        released: Batches of the release to be made again; by default all of the source.

    Raises:
        ConfigurationError: The settings of the project do not name one of them.
    """
    if released is None:
        return project.batches.keys
    for key in released:
        project.batches.require(key)
    return list(released)
