"""The tables of the dataset card that tell its structure and how it was made, from footers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from relgen_assets.export.card_metadata import Rows
from relgen_assets.export.configs import CONFIGS, DatasetConfig
from relgen_assets.export.counts import added, ranked
from relgen_assets.export.footers import ShardFacts
from relgen_assets.export.histograms import at_most
from relgen_assets.export.lengths import Lengths
from relgen_assets.export.markdown import code, paragraph, table
from relgen_assets.export.model_names import quantisation, size
from relgen_assets.export.shaping import TEMPLATE_TOKENS
from relgen_assets.export.splits import SPLITS
from relgen_assets.rows.arrow import arrow_schema

Facts = Sequence[ShardFacts]

_MEASURED: Final = {
    "chunk, tokens": "chunk_tokens",
    "summary, words": "summary_words",
    "extraction, tokens": "answer_tokens",
    "prompt and extraction, tokens": "row_tokens",
}
"""What is measured of each row, and the counts that hold it."""
_ORIGINS: Final = {
    "source": "sources",
    "verdict": "verdicts",
    "mode of decoding": "modes",
    "model of the extraction": "models",
    "prompt of the extraction": "prompt_versions",
    "model of the summary": "summary_models",
    "prompt of the summary": "summary_prompt_versions",
    "prompt of the student": "student_prompts",
    "version of the student's prompt": "student_prompt_versions",
    "language": "languages",
    "repair": "repairs",
}


def rows(found: Rows) -> str:
    """Return a table of the rows by config and split."""
    lines = [
        [f"`{config}`", CONFIGS[config].description, *(f"{splits.get(s, 0):,}" for s in SPLITS)]
        for config, splits in found.items()
    ]
    return table(["config", "what it holds", *SPLITS], lines)


def columns(config: DatasetConfig) -> str:
    """Return a table of the columns of a config; where it has two layouts, one for each."""
    tables = [
        table(
            ["column", "type", "meaning"],
            [
                [f"`{field.name}`", code(str(field.type)), _meaning(field.metadata)]
                for field in arrow_schema(row)
            ],
        )
        for row in config.layouts
    ]
    return "\n\n".join([f"#### `{config.name}`", "\n\nor, as plain text,\n\n".join(tables)])


def training_lengths(lengths: Lengths) -> str:
    """Return how long the training rows are, and what a trainer would cut."""
    if not lengths.rows:
        return f"Only `full` has rows. {_left_out(lengths)}".rstrip()
    tokens = lengths.prompt_tokens + lengths.answer_tokens
    cut = [
        [f"{limit:,}", f"{count:,}", f"{count / lengths.rows:.1%}"]
        for limit, count in lengths.cut.items()
    ]
    return (
        f"**Set `max_length` to {lengths.max_length:,} or more**: that keeps all {lengths.rows:,}"
        f" training rows whole. The longest has {lengths.longest:,} tokens, the mean"
        f" {tokens / lengths.rows:,.0f}, of which the extraction is"
        f" {lengths.answer_tokens / tokens:.0%}; {TEMPLATE_TOKENS} more are allowed for what a chat"
        " template adds. A trainer cuts the end of longer rows, which is the answer:\n\n"
        + table(["`max_length`", "rows that are cut", "share"], cut)
        + f"\n\n{paragraph(_left_out(lengths))}".rstrip()
    )


def _left_out(lengths: Lengths) -> str:
    """Return what became of examples without a training row, or with several."""
    said: list[str] = []
    if lengths.overlapping:
        said.append(
            f"{lengths.overlapping:,} examples overlap with evaluation sets and are only in `full`."
        )
    if lengths.too_long:
        said.append(
            f"{lengths.too_long:,} longer examples are over the token budget and only in `full`."
        )
    if lengths.rechunked:
        said.append(
            f"{lengths.rechunked:,} examples over the token budget are shown in parts, with"
            f" {lengths.part_rows:,} training rows: each has the relations that its own sentences"
            f" state, and the description of the whole chunk. {lengths.lost_relations:,} of their"
            " relations are in no part. `full`, `teacher_messages`, `entities` and `relations`"
            " show the chunks whole."
        )
    return " ".join(said)


def lengths(facts: Facts) -> str:
    """Return a table of the lengths that half, nine in ten and all rows do not exceed."""
    lines = [
        [what, *(f"{at_most(added(facts, name), share):,}" for share in (0.5, 0.9, 0.99))]
        for what, name in _MEASURED.items()
    ]
    note = (
        "Rows of `full`. Lengths are counted in steps of a sixteenth or less, and these are the"
        " ends of steps."
    )
    header = ["length", "half have at most", "90 % have at most", "99 % have at most"]
    return f"{table(header, lines)}\n\n{note}"


def origins(facts: Facts) -> str:
    """Return a table of examples by source, verdict, model, prompt version and more."""
    lines = [
        [what, code(value), f"{count:,}"]
        for what, name in _ORIGINS.items()
        for value, count in ranked(added(facts, name))
    ]
    return table(["what", "value", "examples"], lines)


def models(facts: Facts) -> str:
    """Return a table of the models, with what their names say of size and quantisation."""
    lines = [
        [code(model), what, size(model) or "not said", quantisation(model) or "not said"]
        for what, name in (("extraction", "models"), ("summary", "summary_models"))
        for model, _ in ranked(added(facts, name))
    ]
    return table(["model, as its server names it", "wrote the", "parameters", "weights"], lines)


def settings(method: Mapping[str, Mapping[str, object]]) -> str:
    """Return a table of settings; empty if there are none."""
    lines = [
        [f"`{section}.{key}`", code(_shown(value))]
        for section, values in method.items()
        for key, value in values.items()
    ]
    return table(["setting", "value"], lines) if lines else ""


def _meaning(metadata: Mapping[bytes, bytes]) -> str:
    return metadata[b"description"].decode()


def _shown(value: object) -> str:
    if value is None:
        return "not set"
    return str(value).lower() if isinstance(value, bool) else str(value)
