"""Chunks asked about outside any run, as a run would: summaries, passes, answers, verdicts.

Answers go through the ledger like all others, so that what is known is not asked again. No table is
changed, and no run of Dagster is recorded. `relgen try` and `relgen compare` ask this way.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from relgen_assets.extraction.policy import JudgingPolicy
from relgen_assets.extraction.validation import validate_all
from relgen_assets.generation.asking_again import AskingAgain
from relgen_assets.generation.extraction_requests import EXTRACTION_TASK, Questions
from relgen_assets.generation.second_opinions import ATTEMPTS as OPINION_ATTEMPTS
from relgen_assets.generation.second_opinions import (
    SECOND_OPINION_TASK,
    is_opinion,
    opinion_row,
    opinion_tasks,
)
from relgen_assets.generation.summary_asking import SummaryAsking
from relgen_assets.generation.summary_requests import (
    SUMMARY_TASK,
    no_summary,
    summaries_shown,
    summary_request,
)
from relgen_assets.orchestration.assets.summaries import ATTEMPTS
from relgen_assets.orchestration.first_pass import ask_first
from relgen_assets.prompts import PromptSet
from relgen_assets.rows.models import (
    Chunk,
    Paper,
    RawExtraction,
    SecondOpinion,
    Summary,
    ValidatedExtraction,
)
from relgen_assets.settings import Settings
from resources.generation import Outcome
from resources.llama_server_pool.pool import LlamaServerPool


@dataclass(frozen=True, slots=True)
class Subject:
    """A chunk to ask about, with its article.

    Attributes:
        batch: Key of its batch; empty if it is not known.
    """

    batch: str
    paper: Paper
    chunk: Chunk


@dataclass(frozen=True, slots=True)
class Asker:
    """Everything that decides how chunks are asked about.

    Attributes:
        pool: The servers.
        settings: Sampling, bounds and judging.
        prompts: The templates to fill.
        count: Counts the SentencePiece tokens of a text.
        asked_by: The command, for the labels of the ledger.
        attempts: Content attempts for each chunk.
    """

    pool: LlamaServerPool
    settings: Settings
    prompts: PromptSet
    count: Callable[[str], int]
    asked_by: str
    attempts: int = 1


@dataclass(frozen=True, slots=True)
class Answered:
    """What came of it: one entry for each subject, in their order.

    Attributes:
        summaries: The summary of each article, by its id.
        outcomes: The last answers, by chunk id; a chunk that was not asked about has none.
    """

    summaries: Mapping[str, Summary]
    rows: Sequence[RawExtraction]
    verdicts: Sequence[ValidatedExtraction]
    outcomes: Mapping[str, Outcome]


def ask_about(subjects: Sequence[Subject], asker: Asker) -> Answered:
    """Ask about chunks, after the summaries of their articles, and judge the answers.

    Second opinions are asked for if the settings want them.

    Raises:
        NoEndpointLeft: No server answers; what was answered is in the ledger.
    """
    settings, pool = asker.settings, asker.pool
    labels = {"partition": subjects[0].batch, "run_id": "", "asked_by": asker.asked_by}
    chunks = [one.chunk for one in subjects]
    mode = settings.extractions.mode_for(embedded=pool.is_embedded)
    summaries = _summaries({one.paper.paper_id: one.paper for one in subjects}, asker, labels)
    shown = summaries_shown(summaries.values())
    policy = settings.judging_policy
    first = ask_first(
        pool,
        chunks,
        shown,
        mode,
        settings.extractions,
        policy,
        asker.count,
        labels,
        prompts=asker.prompts,
    )
    questions = Questions(
        shown, settings.extractions, asker.count, labels, asker.prompts, first.passes
    )
    tasks = [questions.task(chunk, mode) for chunk in chunks]
    asking = AskingAgain(tasks, questions, policy)
    result = pool.generate(
        [task.request for task in tasks if task.request is not None],
        accept=asking.verdict,
        ask_again=asking.next_request,
        attempts=asker.attempts,
        title=EXTRACTION_TASK,
    )
    rows = [asking.row(task, result.outcomes.get(task.chunk.chunk_id)) for task in tasks]
    opinions: list[SecondOpinion] = []
    if settings.judging.asks_model:
        opinions = _opinions(chunks, rows, policy, asker, labels)
    return Answered(
        summaries, rows, validate_all(chunks, rows, policy, opinions=opinions), result.outcomes
    )


def _summaries(
    papers: Mapping[str, Paper], asker: Asker, labels: Mapping[str, str]
) -> dict[str, Summary]:
    """Return the summaries that a run would use: known to the ledger, or asked for now."""
    settings = asker.settings.summaries
    if not settings.enabled:
        return {paper_id: no_summary(paper_id) for paper_id in papers}
    requests = [
        summary_request(paper, settings, asker.count, labels, prompts=asker.prompts)
        for paper in papers.values()
    ]
    asking = SummaryAsking(requests)
    result = asker.pool.generate(
        requests,
        accept=asking.verdict,
        ask_again=asking.next_request,
        attempts=ATTEMPTS,
        granted=asker.pool.ledger.granted_attempts(SUMMARY_TASK, list(papers)),
        title=SUMMARY_TASK,
    )
    return {one.subject: asking.row(one.subject, result.outcomes[one.subject]) for one in requests}


def _opinions(
    chunks: Sequence[Chunk],
    rows: Sequence[RawExtraction],
    policy: JudgingPolicy,
    asker: Asker,
    labels: Mapping[str, str],
) -> list[SecondOpinion]:
    """Return the second opinions on answers, asked for now or known to the ledger."""
    tasks = opinion_tasks(chunks, rows, policy, asker.count, labels, prompts=asker.prompts)
    result = asker.pool.generate(
        [task.request for task in tasks],
        accept=is_opinion(tasks),
        attempts=OPINION_ATTEMPTS,
        title=SECOND_OPINION_TASK,
    )
    return [opinion_row(task, result.outcomes[task.request.subject]) for task in tasks]
