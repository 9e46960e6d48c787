"""What a command tells of a source that is no longer as its batches were made."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from rich.console import Console

from relgen_assets.batching.manifest import ArticleNote
from relgen_assets.batching.plan import Change
from relgen_assets.cli.documents import ChangedPart, RepeatedPart, SourcePart
from relgen_assets.cli.failed_batches import named_batches
from relgen_assets.cli.layout import say
from relgen_assets.orchestration.partitions import Batches
from relgen_assets.orchestration.selection import follows
from relgen_assets.settings import BatchSettings
from relgen_assets.sources.cleaning import DUPLICATE_ID

SHOWN: Final = 20
"""Most articles that are named; a document names them all."""
_CHANGES: Final[Sequence[Change]] = ("edited", "withdrawn", "moved")


def source_part(batches: Batches, own: BatchSettings, unlisted: Sequence[str]) -> SourcePart:
    """Return what became of the source, for a document.

    Args:
        batches: The batches of now.
        own: What becomes of edited and withdrawn articles.
        unlisted: Stored batches that the source of the settings has not.
    """
    plan = batches.plan
    return SourcePart(
        new_articles=len(plan.fresh),
        dropped_articles=len(plan.dropped),
        new_batches=len(plan.new),
        changed=[
            ChangedPart(
                batch=key,
                article=place.note.id,
                title=place.note.title,
                change=place.change,
                kept=not follows(place.change, own),
            )
            for key, place in plan.changed()
            if place.change is not None
        ],
        repeated=[
            RepeatedPart(batch=key, article=note.id, title=note.title, other=other)
            for key, note, other in _repeated(batches)
        ],
        unlisted=list(unlisted),
    )


def print_source(
    console: Console, batches: Batches, own: BatchSettings, unlisted: Sequence[str] = ()
) -> None:
    """Print by name what became of the source; nothing if it is as its batches were made.

    Args:
        console: Where to print.
        batches: The batches of now.
        own: What becomes of edited and withdrawn articles.
        unlisted: Stored batches that the source of the settings has not.
    """
    changed = list(batches.plan.changed())
    for change in _CHANGES:
        named = [f"{key}: {_name(place.note)}" for key, place in changed if place.change == change]
        if named:
            say(console, f"{_articles(len(named))} {change} in the source. {_follows(change, own)}")
            _print_some(console, named)
    repeated = [
        f"{key}: {_name(note)}" + (f", also in {other}" if other != key else "")
        for key, note, other in _repeated(batches)
    ]
    if repeated:
        say(console, f"{_articles(len(repeated))} with the id of another; the first one counts.")
        _print_some(console, repeated)
    if unlisted:
        say(
            console,
            f"Stored batches that the source of the settings has not: {named_batches(unlisted)}."
            f" To remove one: relgen drop {unlisted[0]}",
        )


def _repeated(batches: Batches) -> Iterable[tuple[str, ArticleNote, str]]:
    """Yield articles whose id another has: batch, article, batch of the other one."""
    across = {(key, note): other for key, note, other in batches.plan.repeated()}
    for key, places in batches.plan.begun.items():
        for place in places:
            other = across.get((key, place.note))
            if other is not None or place.note.reason == DUPLICATE_ID:
                yield key, place.note, other or key


def _follows(change: Change, own: BatchSettings) -> str:
    if change == "moved":
        return "They stay in their batches."
    setting, value = ("edited", "redo") if change == "edited" else ("withdrawn", "remove")
    if follows(change, own):
        return "The batch follows when it is made again: relgen run --missing"
    return (
        "What was made of them is kept, since it was paid for;"
        f' to follow the source, set batches.{setting} = "{value}".'
    )


def _name(note: ArticleNote) -> str:
    return f"{note.id} ({note.title})" if note.title else note.id


def _articles(number: int) -> str:
    return "1 article" if number == 1 else f"{number:,} articles"


def _print_some(console: Console, named: Sequence[str]) -> None:
    for one in named[:SHOWN]:
        say(console, one, first="  ", indent="    ")
    if len(named) > SHOWN:
        say(console, f"and {len(named) - SHOWN:,} more: relgen status --json", first="  ")
