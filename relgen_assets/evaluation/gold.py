"""Texts with what people, or a plan, say is in them: the gold that answers are compared with."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from relgen_assets.extraction.identity import identity
from resources.control_tokens import neutralised


@dataclass(frozen=True, slots=True)
class GoldPair:
    """A relation between two names.

    Attributes:
        source: The name it starts from.
        target: The name it points to.
        mutual: Whether it holds both ways, so that an answer may give it either way round.
    """

    source: str
    target: str
    mutual: bool = False


@dataclass(frozen=True, slots=True)
class GoldText:
    """A text, the names in it, and the pairs of them that it relates.

    Attributes:
        gold_id: Id of the text, unique among those that are asked about together.
        document: What it belongs to; texts of one document are not independent.
        origin: The file or source it comes from, by which scores are told apart.
        text: The text.
        names: The names in it, each once.
        pairs: The relations between them, each once.
        summary: Summary of its document, where there is one already.
    """

    gold_id: str
    document: str
    origin: str
    text: str
    names: tuple[str, ...]
    pairs: tuple[GoldPair, ...]
    summary: str | None = None


def distinct_names(names: Iterable[str]) -> tuple[str, ...]:
    """Return names in their order, each once, by identity; white space is one blank."""
    found: dict[str, str] = {}
    for name in names:
        spelled = " ".join(name.split())
        if identity(spelled):
            found.setdefault(identity(spelled), spelled)
    return tuple(found.values())


def distinct_pairs(pairs: Iterable[GoldPair]) -> tuple[GoldPair, ...]:
    """Return pairs in their order, each once, without those of a name with itself."""
    found: dict[tuple[str, str], GoldPair] = {}
    for pair in pairs:
        key = (identity(pair.source), identity(pair.target))
        if all(key) and key[0] != key[1]:
            found.setdefault(key, pair)
    return tuple(found.values())


def without_control_tokens(gold: GoldText) -> GoldText:
    """Return a text with gold in which no control token steers a server; answers are read alike."""
    return replace(
        gold,
        text=neutralised(gold.text),
        names=tuple(map(neutralised, gold.names)),
        pairs=tuple(
            replace(one, source=neutralised(one.source), target=neutralised(one.target))
            for one in gold.pairs
        ),
    )
