"""What the dataset card tells of answers, evidence and rights, from the footers of shards."""

from __future__ import annotations

from collections.abc import Sequence

from relgen_assets.export.counts import added, ranked, summed
from relgen_assets.export.footers import UNKNOWN_LANGUAGE, ShardFacts
from relgen_assets.export.markdown import code, paragraph, plain, table
from relgen_assets.rights.licences import licence_of
from relgen_assets.text.overlap import RUN

Facts = Sequence[ShardFacts]


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


def energy(kwh: float | None, facts: Facts) -> str:
    """Return what an example has cost; empty where no server tells its power."""
    examples = added(facts, "accepted").total()
    if not kwh or not examples:
        return ""
    return (
        f"\n\nThe servers that tell their power drew {kwh:,.3f} kWh for it, also for answers"
        f" that were rejected: {kwh / examples * 1_000:,.3f} Wh for each of the {examples:,}"
        " accepted answers."
    )


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


def overlap(facts: Facts) -> str:
    """Return how many examples overlap with the texts of evaluation sets."""
    compared, found = added(facts, "compared"), added(facts, "overlapping")
    if not compared:
        return "The texts were not compared with those of any evaluation set."
    said = (
        f"Examples whose chunk or summary shares {RUN} words in a row with a text of these"
        " evaluation sets are only in `full`, whose column `overlaps` names the files:"
    )
    lines = [
        [code(name), f"{count:,}", f"{found[name]:,}"] for name, count in sorted(compared.items())
    ]
    header = ["file", "examples compared", "that overlap"]
    return f"{paragraph(said)}\n\n{table(header, lines)}"


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


def types(facts: Facts) -> str:
    """Return how many entities and relations are of each type; empty where none has one."""
    lines: list[list[str]] = []
    for what, name, number in (
        ("entity", "entity_types", added(facts, "names").total()),
        ("relation", "relation_types", summed(facts, "relations")),
    ):
        counts = added(facts, name)
        if not counts:
            continue
        lines += [
            [what, code(value), f"{count:,}", _share(count, number)]
            for value, count in ranked(counts)
        ]
        untyped = number - counts.total()
        if untyped:
            lines.append([what, "none", f"{untyped:,}", _share(untyped, number)])
    return table(["what", "type", "number", "share"], lines) if lines else ""


def rights(facts: Facts) -> str:
    """Return the licences of the articles, and which rows may be published."""
    licences, allowed = added(facts, "licences"), added(facts, "publishable")
    refused = added(facts, "not_publishable")
    known = [
        [code(name), f"{count:,}", _link(licence_of(name).url)] for name, count in ranked(licences)
    ]
    reasons = [
        [may, plain(reason), f"{count:,}"]
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


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.1%}" if whole else "-"


def _link(url: str) -> str:
    return f"<{url}>" if url else "-"
