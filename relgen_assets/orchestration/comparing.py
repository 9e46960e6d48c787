"""Two ways to ask, on the same chunks: which chunks, what is asked, and what came of it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from relgen_assets.domain_errors import ConfigurationError
from relgen_assets.evaluation.compared_costs import Costs, compare_costs
from relgen_assets.evaluation.comparison import Quality, compare_quality
from relgen_assets.evaluation.outcomes import ChunkOutcome, PowerDraw, outcome_of
from relgen_assets.orchestration.asking import Answered, Asker, Subject, ask_about
from relgen_assets.orchestration.project import Project
from relgen_assets.planning.sampling import spread_articles
from relgen_assets.settings import Settings

MOST_ARTICLES: Final = 2_000
"""Articles of which chunks are chosen, at most: they are held in memory."""


@dataclass(frozen=True, slots=True)
class Compared:
    """Two ways to ask, compared."""

    quality: Quality
    costs: Costs


def choose_chunks(project: Project, wanted: int) -> list[Subject]:
    """Return chunks of articles from all over the source, as few of each article as possible.

    Chunks of one article resemble each other, so that another article tells more. Which ones are
    taken follows from a hash of their ids: the same in every comparison.

    Args:
        project: The opened project.
        wanted: How many; fewer if the source has no more.

    Raises:
        ConfigurationError: No article can be used.
        SourceError: The source cannot be read.
    """
    source, limit = project.source, project.settings.chunking.max_chunks_per_article
    papers = [
        paper
        for paper in spread_articles(source, source.count(), min(wanted, MOST_ARTICLES))
        if paper.status == "used"
    ]
    drawn: list[list[Subject]] = []
    for paper in papers:
        chunks = project.chunker.chunks(paper.paper_id, paper.article, limit=limit)
        subjects = [Subject("", paper, chunk) for chunk in chunks]
        drawn.append(sorted(subjects, key=lambda one: _hash(one.chunk.chunk_id)))
    if not drawn:
        raise ConfigurationError(
            "no article here can be used.",
            where=project.settings.source.name,
            remedy="`relgen doctor` says what is wrong with the source.",
        )
    rounds = range(max(map(len, drawn)))
    turns = [one[number] for number in rounds for one in drawn if number < len(one)]
    return turns[:wanted]


def compare_answers(
    subjects: Sequence[Subject],
    a: tuple[Asker, Answered],
    b: tuple[Asker, Answered],
    *,
    margin: float,
) -> Compared:
    """Return how the answers of two askers about the same chunks differ.

    Args:
        subjects: The chunks.
        a: One asker, and what it was answered.
        b: The other.
        margin: How much worse B may be and still pass, as a share.
    """
    outcomes = [_outcomes(subjects, asker, answered) for asker, answered in (a, b)]
    return Compared(compare_quality(*outcomes, margin=margin), compare_costs(*outcomes))


def ask_side(subjects: Sequence[Subject], asker: Asker) -> Answered:
    """Ask about the chunks, and release the servers.

    Raises:
        NoEndpointLeft: No server answers; what was answered is in the ledger.
    """
    try:
        return ask_about(subjects, asker)
    finally:
        asker.pool.close()
        asker.pool.ledger.close()


def _outcomes(subjects: Sequence[Subject], asker: Asker, answered: Answered) -> list[ChunkOutcome]:
    power = _power(asker.settings)
    policy = asker.settings.judging_policy
    return [
        outcome_of(row, verdict, subject.chunk.text, policy, power)
        for subject, row, verdict in zip(subjects, answered.rows, answered.verdicts, strict=True)
    ]


def _power(settings: Settings) -> dict[str, PowerDraw]:
    """Return what the endpoints draw; one that does not give its slots counts as having one."""
    endpoints = settings.pool.endpoints
    return {one.name: PowerDraw(one.watts, one.slots or 1) for one in endpoints if one.watts}


def _hash(name: str) -> str:
    return hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()
