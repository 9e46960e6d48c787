"""Several endpoints evaluated on the same texts, one after the other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager

from relgen_assets.evaluation.certificate import Evaluated
from relgen_assets.evaluation.gold import GoldText
from relgen_assets.evaluation.scores import by_origin, scores_of
from relgen_assets.extraction.validation import validate
from relgen_assets.orchestration.evaluating.asking import Examined, Examiner
from relgen_assets.orchestration.evaluating.prompts import Asking
from relgen_assets.orchestration.project import Project
from relgen_assets.settings import Settings
from resources.llama_server_pool.pool import LlamaServerPool

OpenPool = Callable[[Settings], AbstractContextManager[LlamaServerPool]]
"""Opens the pool of some settings, and closes it afterwards."""


def evaluate(
    project: Project,
    texts: Sequence[GoldText],
    endpoints: Mapping[str, Settings],
    askings: Sequence[Asking],
    open_pool: OpenPool,
) -> list[Evaluated]:
    """Return what endpoints are worth, in their order.

    All see the same summaries. The first endpoint writes those that there are none of.

    Args:
        project: The opened project.
        texts: The texts.
        endpoints: The settings under which each endpoint is asked by itself, by its name.
        askings: With which prompt, for each endpoint.
        open_pool: Opens the pool of one of these settings.

    Raises:
        NoEndpointLeft: A server does not answer; the answers so far are in the ledger.
    """
    examiner = Examiner(project, texts)
    summaries: dict[str, str] | None = None
    found: list[Evaluated] = []
    for (name, settings), asked in zip(endpoints.items(), askings, strict=True):
        with open_pool(settings) as pool:
            if summaries is None and asked.shows_summary:
                summaries = examiner.summaries(pool)
            examined = examiner.examine(name, pool, settings, asked, summaries or {})
        found.append(evaluated(examined, settings))
    return found


def evaluated(examined: Examined, settings: Settings) -> Evaluated:
    """Return what an endpoint is worth.

    Args:
        examined: Its answers.
        settings: The settings under which it was asked.
    """
    policy = settings.judging_policy
    verdicts = [
        validate(row, one.gold.text, policy)
        for row, one in zip(examined.rows, examined.scored, strict=True)
    ]
    return Evaluated(
        endpoint=examined.endpoint,
        model=examined.model,
        prompt=examined.prompt,
        prompt_version=examined.prompt_version,
        mode=examined.mode or "",
        scores=scores_of(examined.scored),
        by_origin=by_origin(examined.scored),
        reasons=dict(Counter(row.reason for row in verdicts if row.reason).most_common()),
        completion_tokens=sum(row.completion_tokens for row in examined.rows),
        seconds=sum(row.seconds for row in examined.rows),
    )
