"""How tokens are sampled in a first attempt; what later attempts change is in `asking_again`."""

from __future__ import annotations

from relgen_assets.settings import ExtractionSettings, SummarySettings

VARIANT_SEED_STEP = 1_000
"""Distance between the seeds of two variants; attempts, which add 1 each, are fewer."""


def seed_of(settings: SummarySettings | ExtractionSettings) -> int:
    """Return the seed of a first attempt."""
    # The same seed gives the same answer, so each variant needs its own.
    return settings.seed + (settings.variant - 1) * VARIANT_SEED_STEP
