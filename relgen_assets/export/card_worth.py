"""What the dataset card tells of the worth of answers: agreement, and the teacher's certificate."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from relgen_assets.evaluation.agreement import Kind
from relgen_assets.evaluation.agreement_counts import IS_REPEATED, REPEATS, Agreement, agreements
from relgen_assets.evaluation.certificate import Certificate
from relgen_assets.evaluation.intervals import Interval
from relgen_assets.export.batch_facts import hidden
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

_CERTIFIED: Final = {
    "names_precision": "entities: precision",
    "names_recall": "entities: recall",
    "pairs_precision": "relations: precision",
    "pairs_recall": "relations: recall",
}


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


def certificate(found: Certificate | None) -> str:
    """Return what the models are worth on texts with known answers; empty if not measured."""
    if found is None:
        return ""
    first = found.evaluated[0].scores
    said = (
        f"On {first.texts:,} texts of {first.documents:,} documents that people marked"
        f" ({code(found.on)}), through the prompts that the answers here were asked with, and on"
        " invented facts planted into chunks. In per cent, with 95 % intervals over documents;"
        " relations are pairs of entities. Measured once, on other texts than these."
    )
    header = ["model", "server", "prompt", *_CERTIFIED.values(), "planted facts found"]
    lines = [
        [
            code(one.model or "none"),
            code(hidden(one.endpoint)),
            code(one.prompt_version),
            *(percent(one.scores.scores[name]) for name in _CERTIFIED),
            percent(one.needles) if one.needles else "-",
        ]
        for one in found.evaluated
    ]
    return f"\n### Certificate\n\n{paragraph(said)}\n\n{table(header, lines)}\n"
