"""Outcomes of two settings on simulated chunks, with a known difference between the settings.

Articles differ in how hard they are, and so do chunks within an article, for both settings alike.
The rest is the luck of a draw: of two settings of equal quality, either is luckier with some.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from relgen_assets.evaluation.outcomes import ChunkOutcome


@dataclass(frozen=True, slots=True)
class World:
    """How answers vary.

    Attributes:
        accepted: Share of the chunks whose answer is accepted.
        stated: Mean number of relations that an answer states.
        supported: Share of them that the chunk states.
        redrawn: Share of the chunks for which the answers of both settings are independent draws;
            for the others the model writes the same unless B does worse.
        article_spread: Standard deviation of the difficulty of articles, in logits.
        chunk_spread: The same for chunks within an article.
        chunks_per_article: Chunks that are taken of an article.
    """

    accepted: float = 0.85
    stated: float = 5.0
    supported: float = 0.6
    redrawn: float = 1.0
    article_spread: float = 0.7
    chunk_spread: float = 0.7
    chunks_per_article: int = 2


Outcomes = list[ChunkOutcome]
Values = np.ndarray[Any, Any]


def draw(
    world: World, chunks: int, rng: np.random.Generator, *, rows: float = 0.0, support: float = 0.0
) -> tuple[Outcomes, Outcomes]:
    """Return what came of settings A and B on the same chunks.

    Args:
        world: How answers vary.
        chunks: Number of chunks.
        rng: The source of chance.
        rows: By how much the share of accepted chunks is lower under B.
        support: By how much the share of supported relations is lower under B.
    """
    articles = np.arange(chunks) // world.chunks_per_article
    hardness = rng.normal(0, world.article_spread, articles[-1] + 1)[articles]
    hardness += rng.normal(0, world.chunk_spread, chunks)
    redrawn = rng.random(chunks) < world.redrawn
    a, other = _answers(world, hardness, rng), _answers(world, hardness, rng)
    accepted, stated, supported = (
        np.where(redrawn, new, old) for new, old in zip(other, a, strict=True)
    )
    accepted &= rng.random(chunks) >= rows / world.accepted
    supported = rng.binomial(supported, 1 - support / world.supported)
    return _outcomes(articles, *a), _outcomes(articles, accepted, stated, supported)


def _answers(world: World, hardness: Values, rng: np.random.Generator) -> tuple[Values, ...]:
    """Draw for each chunk whether its answer is accepted, what it states, what is supported."""
    accepted = rng.random(len(hardness)) < _chances(world.accepted, hardness)
    stated = rng.poisson(world.stated, len(hardness))
    return accepted, stated, rng.binomial(stated, _chances(world.supported, hardness))


def _outcomes(articles: Values, accepted: Values, stated: Values, supported: Values) -> Outcomes:
    return [
        ChunkOutcome(f"{article}#{number}", str(article), bool(taken), said, held if taken else 0)
        for number, (article, taken, said, held) in enumerate(
            zip(articles, accepted, stated.tolist(), supported.tolist(), strict=True)
        )
    ]


def _chances(share: float, hardness: Values) -> Values:
    """Return the chance of each chunk, so that their mean is a share: by halving an interval."""
    low, high = -20.0, 20.0
    for _ in range(60):
        middle = (low + high) / 2
        mean = (1 / (1 + np.exp(hardness - middle))).mean()
        low, high = (middle, high) if mean < share else (low, middle)
    return 1 / (1 + np.exp(hardness - low))
