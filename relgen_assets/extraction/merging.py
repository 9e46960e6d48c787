"""Relations with the same description, type and sources, put together into one.

Only where one place of the text states all of it: else the one relation would say less than the
several did. What is merged stays as it is when it is judged again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from relgen_assets.extraction.evidence import Finding
from relgen_assets.extraction.identity import identity
from relgen_assets.rows.models import Relation

Examined = tuple[Relation, Finding]
Examine = Callable[[str, Sequence[str], Sequence[str]], Finding]
"""What a text says to a description, sources and targets (`evidence.EvidenceText.examine`)."""


def merged(relations: Sequence[Examined], examine: Examine) -> list[Examined]:
    """Return relations with those put together that differ in their targets only.

    Args:
        relations: Relations, each with what the text says to it; unsupported ones stay.
        examine: What the text says to a relation.
    """
    before: list[Examined] = []
    after = list(relations)
    while len(after) != len(before):  # until there is nothing more to merge
        before, after = after, []
        for one in before:
            _add(after, one, examine)
    return after


def _add(kept: list[Examined], other: Examined, examine: Examine) -> None:
    """Add a relation to those that are kept, as a part of one of them if possible."""
    for at, one in enumerate(kept):
        together = _together(one, other, examine)
        if together is not None:
            kept[at] = together
            return
    kept.append(other)


def _together(one: Examined, other: Examined, examine: Examine) -> Examined | None:
    """Return two relations as one, if the text states that."""
    (first, finding), (second, found) = one, other
    if finding.fault is not None or found.fault is not None or _begins(first) != _begins(second):
        return None
    targets = {identity(name): name for name in (*second.target_entities, *first.target_entities)}
    order = dict.fromkeys(map(identity, (*first.target_entities, *second.target_entities)))
    names = [targets[key] for key in order]
    together = examine(first.description, first.source_entities, names)
    held = len(together.sources), len(together.targets)
    if together.fault is not None or held != (len(first.source_entities), len(names)):
        return None
    changes = {"target_entities": names, "strength": first.strength or second.strength}
    return first.model_copy(update=changes), together


def _begins(relation: Relation) -> tuple[str, str | None, frozenset[str]]:
    sources = frozenset(map(identity, relation.source_entities))
    return relation.description.casefold(), relation.type, sources
