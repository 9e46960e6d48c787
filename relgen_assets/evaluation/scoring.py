"""Counts what one answer gets right of the gold of its text.

An answer is counted twice: as *answered*, before any rule, and as *kept*, after the judge. Names
are compared as sets, by their letters (*exact*) and by identity. Relations are compared as pairs:
one with n sources and m targets is n times m pairs. A pair counts by direction, unless gold has it
both ways; and once more without regard to direction. What a relation is said to be is not compared,
because descriptions are free text and gold has types.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass, fields
from typing import Final, TypeAlias

import numpy as np
from pydantic import ValidationError

from relgen_assets.evaluation.gold import GoldPair, GoldText
from relgen_assets.evaluation.intervals import Counts
from relgen_assets.extraction import Judgement
from relgen_assets.extraction.draft import Draft, DraftRelation
from relgen_assets.extraction.grounding import GroundedText
from relgen_assets.extraction.identity import identity
from relgen_assets.extraction.places import draft_of
from relgen_assets.rows.answers import Answer
from relgen_assets.rows.models import Relation

Pairs: TypeAlias = frozenset[tuple[str, str]]
_NOTHING: Final = Draft()


@dataclass(frozen=True, slots=True)
class Matches:
    """How many things were answered, how many are gold, and how many are both."""

    right: int = 0
    answered: int = 0
    gold: int = 0

    @classmethod
    def of(cls, answered: Collection[object], gold: Collection[object]) -> Matches:
        """Return the matches of two sets."""
        return cls(len(set(answered) & set(gold)), len(set(answered)), len(set(gold)))


@dataclass(frozen=True, slots=True)
class Compared:
    """One answer, or what is kept of it, against gold.

    Attributes:
        exact: Names by their letters.
        names: Names by identity.
        pairs: Related names, by direction.
        undirected: Related names, without regard to direction.
    """

    exact: Matches
    names: Matches
    pairs: Matches
    undirected: Matches


@dataclass(frozen=True, slots=True)
class Scored:
    """What one answer is worth.

    Attributes:
        gold: The text and its gold.
        is_answered: Whether a server answered at all.
        is_valid_json: Whether the answer is an extraction in JSON as it stands, without a repair.
        is_usable: Whether the judge accepts it.
        names: Different names that it gives.
        grounded: Those of them that its text has.
        relations: Relations that it states.
        supported: Relations that the judge keeps.
        answered: The answer as it stands against gold.
        kept: What the judge keeps of it against gold.
    """

    gold: GoldText
    is_answered: bool
    is_valid_json: bool
    is_usable: bool
    names: int
    grounded: int
    relations: int
    supported: int
    answered: Compared
    kept: Compared


def score(gold: GoldText, answer: str | None, judgement: Judgement | None) -> Scored:
    """Return what an answer is worth.

    Args:
        gold: The text that it is about.
        answer: The raw answer; `None` if no server gave one.
        judgement: The verdict on it; `None` if there is no answer.
    """
    draft = (draft_of(answer) if answer is not None else None) or _NOTHING
    names = _by_identity([*draft.entities, *_sides(draft.relations)])
    text = GroundedText(gold.text)
    extraction = judgement.extraction if judgement else None
    relations = extraction.relations if extraction else []
    return Scored(
        gold=gold,
        is_answered=answer is not None,
        is_valid_json=answer is not None and is_valid_json(answer),
        is_usable=extraction is not None,
        names=len(names),
        grounded=sum(bool(text.mentions(name)) for name in names.values()),
        relations=len(draft.relations),
        supported=min(judgement.supported if judgement else 0, len(draft.relations)),
        answered=compare(names.values(), draft.relations, gold),
        kept=compare(extraction.list_of_entities if extraction else (), relations, gold),
    )


def is_valid_json(answer: str) -> bool:
    """Return whether an answer is an extraction in JSON, and nothing else, as it stands."""
    try:
        Answer.model_validate(json.loads(answer), strict=True)
    except (ValueError, RecursionError, ValidationError):
        return False
    return True


def compare(
    names: Iterable[str], relations: Iterable[DraftRelation | Relation], gold: GoldText
) -> Compared:
    """Return names and relations against gold."""
    listed = list(names)
    found = pairs_of(relations)
    return Compared(
        exact=Matches.of({" ".join(name.split()) for name in listed}, {*gold.names}),
        names=Matches.of(_by_identity(listed), {identity(name) for name in gold.names}),
        pairs=_directed(found, gold.pairs),
        undirected=Matches.of(
            {tuple(sorted(pair)) for pair in found},
            {tuple(sorted(_key(pair))) for pair in gold.pairs},
        ),
    )


def pairs_of(relations: Iterable[DraftRelation | Relation]) -> Pairs:
    """Return the pairs of names, by identity, that relations relate: each source, each target."""
    return frozenset(
        (identity(source), identity(target))
        for one in relations
        for source in one.source_entities
        for target in one.target_entities
        if identity(source) != identity(target)
    )


def columns(scored: Iterable[Scored]) -> Counts:
    """Return the counts of answers as rows of an array; `COLUMNS` names its columns."""
    rows = [[value for _, value in _numbers(one)] for one in scored]
    return np.asarray(rows, dtype=np.float64).reshape(len(rows), len(COLUMNS))


def _numbers(scored: Scored) -> list[tuple[str, int]]:
    numbers = [
        (name, int(getattr(scored, name)))
        for name in ("is_answered", "is_valid_json", "is_usable", "names", "grounded", "relations")
    ]
    numbers += [("texts", 1), ("supported", scored.supported)]
    for stage in ("answered", "kept"):
        for measure in fields(Compared):
            matches: Matches = getattr(getattr(scored, stage), measure.name)
            numbers += [
                (f"{stage}.{measure.name}.{part.name}", getattr(matches, part.name))
                for part in fields(Matches)
            ]
    return numbers


def _directed(found: Pairs, gold: Iterable[GoldPair]) -> Matches:
    """Compare pairs by direction; those that gold has both ways are put into one order first."""
    pairs = list(gold)
    mutual = {tuple(sorted(_key(pair))) for pair in pairs if pair.mutual}

    def settled(pair: tuple[str, str]) -> tuple[str, ...]:
        ordered = tuple(sorted(pair))
        return ordered if ordered in mutual else pair

    return Matches.of({settled(one) for one in found}, {settled(_key(one)) for one in pairs})


def _key(pair: GoldPair) -> tuple[str, str]:
    return identity(pair.source), identity(pair.target)


def _sides(relations: Iterable[DraftRelation]) -> list[str]:
    return [name for one in relations for name in (*one.source_entities, *one.target_entities)]


def _by_identity(names: Iterable[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for name in names:
        if identity(name):
            found.setdefault(identity(name), name)
    return found


_NO_MATCHES: Final = Compared(Matches(), Matches(), Matches(), Matches())
COLUMNS: Final[tuple[str, ...]] = tuple(
    name
    for name, _ in _numbers(
        Scored(
            GoldText("", "", "", "", (), ()),
            False, False, False, 0, 0, 0, 0,
            _NO_MATCHES, _NO_MATCHES,
        )
    )
)  # fmt: skip
"""What the columns of `columns` count."""
