"""How tokens are sampled in a first attempt; what later attempts change is in `asking_again`."""

from __future__ import annotations

from relgen_assets.settings import ExtractionSettings, SummarySettings
from resources.generation import Sampling

VARIANT_SEED_STEP = 1_000
"""Distance between the seeds of two variants; attempts, which add 1 each, are fewer."""


def sampling_of(settings: SummarySettings | ExtractionSettings, max_tokens: int) -> Sampling:
    """Return the sampling of a first attempt.

    Args:
        settings: The section of the task.
        max_tokens: Where the answer is cut.
    """
    return Sampling(
        settings.temperature,
        max_tokens,
        top_p=settings.top_p,
        seed=seed_of(settings),
        min_p=settings.min_p,
        top_k=settings.top_k,
        stop=tuple(settings.stop),
    )


def seed_of(settings: SummarySettings | ExtractionSettings) -> int:
    """Return the seed of a first attempt."""
    # The same seed gives the same answer, so each variant needs its own.
    return settings.seed + (settings.variant - 1) * VARIANT_SEED_STEP
