"""The tables and counts of the dataset card, from the footers of shards."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from relgen_assets.export.card_metadata import Rows
from relgen_assets.export.configs import CONFIGS, DatasetConfig
from relgen_assets.export.counts import added, ranked, summed
from relgen_assets.export.footers import UNKNOWN_LANGUAGE, ShardFacts
from relgen_assets.export.histograms import at_most
from relgen_assets.export.lengths import Lengths
from relgen_assets.export.markdown import code, paragraph, table
from relgen_assets.export.model_names import quantisation, size
from relgen_assets.export.shaping import TEMPLATE_TOKENS
from relgen_assets.export.splits import SPLITS
from relgen_assets.rights.licences import licence_of
from relgen_assets.rows.arrow import arrow_schema

Facts = Sequence[ShardFacts]

MEASURED: Final = {
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
        return "Every example is over the token budget, so that only `full` has rows."
    tokens = lengths.prompt_tokens + lengths.answer_tokens
    cut = [
        [f"{limit:,}", f"{count:,}", f"{count / lengths.rows:.1%}"]
        for limit, count in lengths.cut.items()
    ]
    dropped = (
        f" {lengths.too_long:,} longer examples are over the token budget and only in `full`."
        if lengths.too_long
        else ""
    )
    return (
        f"**Set `max_length` to {lengths.max_length:,} or more**: that keeps all {lengths.rows:,}"
        f" training rows whole. The longest has {lengths.longest:,} tokens, the mean"
        f" {tokens / lengths.rows:,.0f}, of which the extraction is"
        f" {lengths.answer_tokens / tokens:.0%}; {TEMPLATE_TOKENS} more are allowed for what a chat"
        f" template adds.{dropped} A trainer cuts the end of longer rows, which is the answer:\n\n"
        + table(["`max_length`", "rows that are cut", "share"], cut)
    )


def lengths(facts: Facts) -> str:
    """Return a table of the lengths that half, nine in ten and all rows do not exceed."""
    lines = [
        [what, *(f"{at_most(added(facts, name), share):,}" for share in (0.5, 0.9, 0.99))]
        for what, name in MEASURED.items()
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


def fleet(facts: Facts) -> str:
    """Return how many servers answered, and what they read and wrote."""
    answers = ranked(added(facts, "servers"))
    if not answers:
        return "It is not recorded which servers answered."
    shares = ", ".join(f"{count:,}" for _, count in answers)
    return (
        f"{len(answers):,} {'server' if len(answers) == 1 else 'servers'} gave the answers that the"
        f" batches of this dataset rest on ({shares}), usable or not:"
        f" {summed(facts, 'teacher_prompt_tokens'):,} tokens of prompts,"
        f" {summed(facts, 'teacher_answer_tokens'):,} tokens of answers."
    )


def settings(method: Mapping[str, Mapping[str, object]]) -> str:
    """Return a table of settings; empty if there are none."""
    lines = [
        [f"`{section}.{key}`", code(_shown(value))]
        for section, values in method.items()
        for key, value in values.items()
    ]
    return table(["setting", "value"], lines) if lines else ""


def outcome(facts: Facts) -> str:
    """Return what became of the chunks of the batches that have rows."""
    chunks = summed(facts, "chunks")
    if not chunks:
        return "What became of the other chunks is not recorded."
    usable = added(facts, "accepted").total()
    lines: list[list[str]] = []
    for what, name in (
        ("answer accepted", "accepted"),
        ("answer rejected", "rejected"),
        ("no answer", "unanswered"),
        ("article not used", "unusable"),
    ):
        lines += [[what, code(value), f"{count:,}"] for value, count in ranked(added(facts, name))]
    said = (
        f"The batches of these examples have {chunks:,} chunks; {usable:,} of them"
        f" ({usable / chunks:.1%}) got a usable answer. Batches without any are not counted."
    )
    return f"{paragraph(said)}\n\n{table(['outcome', 'verdict or reason', 'number'], lines)}"


def attempts(facts: Facts) -> str:
    """Return how many examples were asked for again, and why; empty if none was."""
    reasons = added(facts, "earlier_reasons")
    if not reasons:
        return ""
    first = added(facts, "first_prompt_versions").total()
    every = added(facts, "verdicts").total()
    said = (
        f"Of {every:,} examples, {first:,} are first answers. The model was asked again for the"
        f" other {every - first:,}, because the answer before could not be used:"
    )
    lines = [[code(reason), f"{count:,}"] for reason, count in ranked(reasons)]
    return f"{paragraph(said)}\n\n{table(['reason', 'examples'], lines)}\n"


def empty_rows(facts: Facts) -> str:
    """Return how many examples state no relation, and how many of them do not stand here."""
    return (
        f"{summed(facts, 'empty'):,} examples state no relation, which teaches a model not to"
        f" assert something about every text; {summed(facts, 'left_out'):,} more were left out."
    )


def evidence(facts: Facts) -> str:
    """Return how much of the extractions stands in their texts."""
    names, faults = added(facts, "names"), added(facts, "faults")
    relations = summed(facts, "relations")
    supported = relations - faults.total()
    lines = [
        ["entity", code(value), f"{count:,}", _share(count, names.total())]
        for value, count in ranked(names)
    ]
    lines.append(["relation", "supported", f"{supported:,}", _share(supported, relations)])
    lines += [
        ["relation", code(value), f"{count:,}", _share(count, relations)]
        for value, count in ranked(faults)
    ]
    said = (
        "Rules look for every entity in its chunk, and for sentences that state each relation. What"
        " they do not find is dropped, or kept and marked where the project wants it:"
    )
    header = ["what", "how it stands in the text", "number", "share"]
    return f"{paragraph(said)}\n\n{table(header, lines)}"


def rights(facts: Facts) -> str:
    """Return the licences of the articles, and which rows may be published."""
    licences, allowed = added(facts, "licences"), added(facts, "publishable")
    refused = added(facts, "not_publishable")
    known = [
        [code(name), f"{count:,}", _link(licence_of(name).url)] for name, count in ranked(licences)
    ]
    reasons = [
        [may, code(reason), f"{count:,}"]
        for may, counts in (("yes", allowed), ("no", refused))
        for reason, count in ranked(counts)
    ]
    said = (
        f"By what is known, {allowed.total():,} of {(allowed + refused).total():,} examples may be"
        " published:"
    )
    return "\n\n".join(
        (
            table(["licence of the article", "articles", "text of the licence"], known),
            said,
            table(["may be published", "reason", "examples"], reasons),
        )
    )


def languages(facts: Facts) -> str:
    """Return in which languages the texts are, as far as that is certain."""
    found = added(facts, "languages")
    named = [
        f"{code(value)} ({_share(count, found.total())})"
        for value, count in ranked(found)
        if value != UNKNOWN_LANGUAGE
    ]
    unknown = found[UNKNOWN_LANGUAGE]
    rest = f"; of {_share(unknown, found.total())} it is not certain" if unknown else ""
    return f"Languages, by the words of the texts: {', '.join(named) or 'none certain'}{rest}."


def _meaning(metadata: Mapping[bytes, bytes]) -> str:
    return metadata[b"description"].decode()


def _shown(value: object) -> str:
    if value is None:
        return "not set"
    return str(value).lower() if isinstance(value, bool) else str(value)


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.1%}" if whole else "-"


def _link(url: str) -> str:
    return f"<{url}>" if url else "-"
