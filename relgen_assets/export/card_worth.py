"""What the dataset card tells of the worth of answers: agreement, and the teacher's certificate."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from relgen_assets.evaluation.agreement import Kind
from relgen_assets.evaluation.agreement_counts import IS_REPEATED, REPEATS, Agreement, agreements
from relgen_assets.evaluation.intervals import Interval
from relgen_assets.export.counts import added
from relgen_assets.export.footers import ShardFacts
from relgen_assets.export.markdown import code, paragraph, table

_DIMENSIONS: Final = {
    "model": "model",
    "endpoint": "server",
    "prompt": "prompt",
    "mode": "mode of decoding",
}
_COLUMNS: Final[tuple[tuple[str, Kind, str], ...]] = (
    ("entities: repeats", "names", REPEATS),
    ("entities: is repeated", "names", IS_REPEATED),
    ("relations: repeats", "relations", REPEATS),
    ("relations: is repeated", "relations", IS_REPEATED),
)


def agreement(facts: Sequence[ShardFacts]) -> str:
    """Return how far answers agree on the text that neighbouring chunks share."""
    found = agreements(added(facts, "agreement"))
    if not found:
        return "No two answers speak of the same text, or their batches did not record it."
    said = (
        "Neighbouring chunks share text, so two answers speak of it. *Repeats* is the share of what"
        " a neighbour's answer says of it that an answer says too, in per cent with its 95 %"
        " interval over articles; *is repeated*, the share of what it says itself that its"
        " neighbours say. What is missed lowers the one, what is made up the other; neither is"
        " recall or precision."
    )
    header = ["answers of", "value", "articles", *(title for title, _, _ in _COLUMNS)]
    return f"{paragraph(said)}\n\n{table(header, [_line(one) for one in found])}"


def _line(one: Agreement) -> list[str]:
    articles = max(interval.units for interval in one.shares.values())
    shares = [percent(one.share(kind, way)) for _, kind, way in _COLUMNS]
    return [_DIMENSIONS[one.dimension], code(one.value), f"{articles:,}", *shares]


def percent(interval: Interval) -> str:
    """Return a share in per cent with its interval; a dash for none."""
    return "-" if interval.value is None else str(interval)
