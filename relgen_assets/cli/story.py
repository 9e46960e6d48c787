"""Prints the story of a chunk: its text with the entities marked, relations, verdict and answer.

On a terminal the entities are styled and lines are wrapped. Elsewhere they stand in double brackets
and no line is broken, so that the text without the brackets is the text of the chunk.
"""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from relgen_assets.extraction.draft import DraftRelation
from relgen_assets.integrity.chunk_story import NOT_ASKED, ChunkStory
from relgen_assets.integrity.code_meanings import meaning
from relgen_assets.rows.models import Relation, RelationEvidence
from relgen_assets.text.visible import visible

_STYLES = {"valid": "green", "repaired": "yellow"}
_ENTITY = "bold cyan"


def print_story(
    console: Console,
    story: ChunkStory,
    *,
    raw: bool = False,
    prompt: bool = False,
    summary: bool = True,
) -> None:
    """Print one story.

    Args:
        console: Where to print.
        story: The story.
        raw: Whether to print the raw answer as well.
        prompt: Whether to print the messages that were sent as well.
        summary: Whether to print the summary of the article.
    """
    chunk, standing = story.chunk, story.standing
    style = _STYLES.get(standing, "red")
    _line(console, Text.assemble((visible(chunk.chunk_id), "bold"), "  ", (standing, style)))
    place = f"characters {chunk.start:,} to {chunk.end:,}, {chunk.tokens} tokens"
    batch = f", batch {story.batch}" if story.batch else ""
    _line(console, Text(f"{visible(story.title) or '(no title)'}: {place}{batch}", style="dim"))
    _line(console, Text())
    _indented(console, marked(story, brackets=not is_styled(console)))
    _line(console, Text())
    for part in _extraction(story):
        _indented(console, part)
    for one, evidence in zip(story.relations, story.evidence, strict=True):
        _indented(console, _relation(one), by=4)
        if evidence is not None:
            _indented(console, _evidence(evidence, story.chunk.text), by=6)
    for part in _judgement(story):
        _indented(console, part)
    if summary and story.summary is not None and story.summary.text:
        said = visible(story.summary.text.strip())
        _indented(console, Text.assemble(("summary of the article: ", "bold"), said))
    for part in _answer(story, raw=raw):
        _indented(console, part)
    if prompt and story.raw is not None:
        for message in story.raw.messages:
            _indented(console, Text(f"=== {message.role} ===", style="dim"))
            _indented(console, Text(visible(message.content)))
    _line(console, Text())


def marked(story: ChunkStory, *, brackets: bool) -> Text:
    """Return the text of a chunk with its entities marked.

    Args:
        story: The story.
        brackets: Whether to write `[[name]]`; otherwise names are styled.
    """
    text, at = Text(), 0
    source = story.chunk.text
    for place in story.places:
        name = visible(source[place.start : place.end])
        text.append(visible(source[at : place.start]))
        text.append(f"[[{name}]]" if brackets else name, style="" if brackets else _ENTITY)
        at = place.end
    return text.append(visible(source[at:]))


def is_styled(console: Console) -> bool:
    """Return whether a console shows styles."""
    return console.is_terminal and console.color_system is not None


def _extraction(story: ChunkStory) -> Iterable[Text]:
    """Yield the description of the section and the entities, and announce the relations."""
    unused = "" if story.is_usable else " of the answer, which is not used"
    if story.verdict is not None and story.verdict.extraction is not None:
        description = story.verdict.extraction.section_description
        yield Text.assemble(("section: ", "bold"), visible(description))
    if story.entities:
        yield Text.assemble((f"entities{unused}: ", "bold"), visible(", ".join(_entities(story))))
    kept = [one.name for one in story.grounding if one.status == "absent"]
    if kept:
        yield Text.assemble(("marked as absent: ", "bold red"), visible(", ".join(kept)))
    if story.absent:
        yield Text.assemble(("not in the text: ", "bold"), visible(", ".join(story.absent)))
    if story.relations:
        yield Text(f"relations{unused}:", style="bold")


def _entities(story: ChunkStory) -> list[str]:
    """Return the entities, each with its type if it has one."""
    kept = story.verdict.extraction if story.verdict is not None else None
    types = (kept.entity_types if kept else None) or [None] * len(story.entities)
    pairs = zip(story.entities, types, strict=True)
    return [f"{name} ({type_})" if type_ else name for name, type_ in pairs]


def _relation(one: Relation | DraftRelation) -> Text:
    sides = f"{', '.join(one.source_entities)} -> {', '.join(one.target_entities)}"
    qualities = ", ".join(quality for quality in (one.type, one.strength) if quality)
    said = f"{one.description} ({qualities})" if qualities else one.description
    return Text.assemble((visible(sides), _ENTITY), f"  {visible(said)}")


def _evidence(one: RelationEvidence, text: str) -> Text:
    """Return what the text says to a relation: the fault, or the sentences that state it."""
    said = " … ".join(
        visible(" ".join(text[span.start : span.end].split())) for span in one.sentences
    )
    if one.fault is not None:
        fault = Text.assemble(("marked: ", "bold red"), f"{one.fault}: {meaning(one.fault)}")
        return fault.append(f" {said}", style="dim") if said else fault
    polarity = ", denied" if one.polarity == "denied" else ""
    return Text(f"stated{polarity}, support {one.support:.0%}: {said}", style="dim")


def _judgement(story: ChunkStory) -> Iterable[Text]:
    """Yield the repairs and the reason, with their meanings."""
    if story.standing == NOT_ASKED:
        yield Text("No model was asked about this chunk yet.", style="dim")
    if story.verdict is None:
        return
    for code in story.verdict.repairs:
        yield Text.assemble(("repair: ", "bold"), f"{code}: {meaning(code)}")
    if reason := story.verdict.reason:
        yield Text.assemble(("reason: ", "bold red"), f"{reason}: {meaning(reason)}")


def _answer(story: ChunkStory, *, raw: bool) -> Iterable[Text]:
    """Yield who answered and at what cost, and the raw answer if wanted."""
    row = story.raw
    if row is None:
        return
    if row.status == "completed":
        yield Text.assemble(
            ("answer: ", "bold"),
            f"{visible(row.model)} on {row.endpoint}, {row.seconds:.1f} s, {row.prompt_tokens}"
            f" tokens read, {row.completion_tokens} written ({row.finish_reason}), attempt"
            f" {row.attempt}, key {row.key[:12]}",
        )
    after = f", after {', '.join(row.earlier_reasons)}" if row.earlier_reasons else ""
    yield Text.assemble(("asked: ", "bold"), f"mode {row.mode}, prompt {row.prompt_version}{after}")
    if raw:
        yield Text("raw answer:", style="bold")
        yield Text(visible(row.text) or "(none)")


def _line(console: Console, text: Text) -> None:
    console.print(text, soft_wrap=not console.is_terminal)


def _indented(console: Console, text: Text, *, by: int = 2) -> None:
    """Print a paragraph; on a terminal, every line of it is indented."""
    if console.is_terminal:
        console.print(Padding(text, (0, 0, 0, by)))
    else:
        console.print(Text(" " * (by - 2)) + text, soft_wrap=True)
