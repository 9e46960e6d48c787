"""The verdict on one answer: a usable extraction, or the reason why there is none.

The steps are salvage, shape, grounding and relations; each notes the repairs it makes. An answer
that needed none is `valid`. Every accepted extraction satisfies three rules: its entities occur in
the text, the entities of its relations are in the list, and judging it again changes nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal

from relgen_assets.extraction.cleaning import runs_in_a_loop
from relgen_assets.extraction.codes import RejectionReason, Repair
from relgen_assets.extraction.grounding import GroundedText
from relgen_assets.extraction.identity import identity
from relgen_assets.extraction.names import is_name
from relgen_assets.extraction.salvage import Salvaged, salvage
from relgen_assets.extraction.shape import Draft, DraftRelation, drafts, joined
from relgen_assets.prompts import example_descriptions
from relgen_assets.rows.models import Extraction, Relation

Verdict = Literal["valid", "repaired", "rejected"]

_JOINT = re.compile(r"\s*[,;]\s*(?:and\s+)?|\s+and\s+")
MAX_QUOTED_DESCRIPTION = 300
"""Longest sentence of the text, in characters, that describes a section."""
MAX_ALTERNATIVES = 8
"""Most extractions of one answer that are judged."""
JUDGEMENTS_KEPT = 4_096
"""An answer is judged when it arrives and again when the verdicts of its batch are written, so the
judgements of a batch are kept meanwhile, and with them the texts they are about."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """The verdict on one answer.

    Attributes:
        verdict: `valid` if the answer is usable as it is, `repaired` if it had to be changed,
            `rejected` if it contains nothing usable.
        reason: Code of the rejection, a `RejectionReason`; `None` unless rejected.
        repairs: Codes of the repairs, each a `Repair`, each once, in the order first needed.
        extraction: The content of the answer; `None` if rejected.
    """

    verdict: Verdict
    reason: str | None
    repairs: tuple[str, ...]
    extraction: Extraction | None


@lru_cache(JUDGEMENTS_KEPT)
def judge(answer: str, text: str, *, finish_reason: str = "stop") -> Judgement:
    """Return the verdict on an answer about a text; never raises, whatever the answer.

    Args:
        answer: The raw answer of a model.
        text: The chunk the answer is about.
        finish_reason: As reported by the server; `length` if the answer was cut off.
    """
    if not answer.strip():
        return _rejected(RejectionReason.EMPTY_ANSWER)
    salvaged = salvage(answer)
    if not any(isinstance(one.value, dict) or drafts(one.value) for one in salvaged):
        return _with_cause(_rejected(RejectionReason.NOT_JSON), answer, finish_reason)
    grounded = GroundedText(text)
    judged = [
        _Reader(grounded).read(draft, cut_off=finish_reason == "length")
        for draft in _alternatives(salvaged)
    ]
    best = max(judged, key=_worth, default=_rejected(RejectionReason.WRONG_SHAPE))
    return best if best.extraction is not None else _with_cause(best, answer, finish_reason)


def _alternatives(salvaged: Sequence[Salvaged]) -> list[Draft]:
    """Return what an answer may mean: each of its extractions, and its parts put together.

    The last one comes first, because an answer that corrects itself does so at its end.
    """
    found = [
        replace(draft, repairs=(*one.repairs, *draft.repairs))
        for one in salvaged
        for draft in drafts(one.value)
    ][:MAX_ALTERNATIVES]
    parts = [draft for draft in found if draft.is_partial]
    together = [joined(parts)] if len(parts) > 1 else []
    return [*reversed(found), *together]


def _worth(judged: Judgement) -> tuple[int, int, int]:
    """Return how much a judgement has kept, for comparison."""
    if judged.extraction is None:
        return (0, 0, len(judged.repairs))
    kept = judged.extraction
    return (1, len(kept.relations), len(kept.list_of_entities))


class _Reader:
    """Turns one draft into an extraction, noting every repair.

    Args:
        text: The chunk the entities have to occur in.
    """

    def __init__(self, text: GroundedText) -> None:
        self._text = text
        self._repairs: dict[Repair, None] = {}
        self._entities: dict[str, str] = {}

    def read(self, draft: Draft, *, cut_off: bool) -> Judgement:
        """Return the verdict on one draft."""
        for repair in draft.repairs:
            self._note(repair)
        relations = draft.relations
        if cut_off and Repair.JSON_REPAIRED in self._repairs:
            # The last relation may be incomplete, even if its JSON could be closed.
            self._note(Repair.TRUNCATED_TAIL_DROPPED)
            relations = relations[:-1]
        if draft.section_description in example_descriptions():
            return self._reject(RejectionReason.ECHOED_EXAMPLE)
        for name in self._split(draft.entities):
            self._list(name)
        kept = self._relations(relations)
        if not self._entities:
            return self._reject(_without_entities(draft))
        if not kept:
            return self._reject(RejectionReason.NO_RELATIONS)
        description = self._describe(draft)
        if not description:
            return self._reject(RejectionReason.NO_DESCRIPTION)
        return Judgement(
            "repaired" if self._repairs else "valid",
            None,
            _values(self._repairs),
            Extraction(
                section_description=description,
                list_of_entities=list(self._entities.values()),
                relations=kept,
            ),
        )

    def _describe(self, draft: Draft) -> str:
        """Return what the section is about: as stated, else the sentence with the most entities."""
        if _is_usable(draft.section_description):
            return draft.section_description
        self._note(Repair.DESCRIPTION_QUOTED)
        return self._text.central_sentence(self._entities.values(), MAX_QUOTED_DESCRIPTION)

    def _note(self, repair: Repair) -> None:
        self._repairs.setdefault(repair)

    def _reject(self, reason: RejectionReason) -> Judgement:
        return Judgement("rejected", reason.value, _values(self._repairs), None)

    def _list(self, name: str) -> None:
        """Add an entity from the list of the answer."""
        spelling = self._ground(name)
        if spelling is None:
            return
        key = identity(spelling)
        if key in self._entities:
            self._note(Repair.DUPLICATE_ENTITY_DROPPED)
        self._entities.setdefault(key, spelling)

    def _ground(self, name: str) -> str | None:
        """Return the spelling of the text, or `None` after noting why there is none."""
        spelling = self._text.ground(name)
        if spelling is None:
            usable = is_name(name)
            self._note(
                Repair.UNGROUNDED_ENTITY_DROPPED if usable else Repair.UNUSABLE_ENTITY_DROPPED
            )
        elif spelling != name:
            self._note(Repair.ENTITY_RESPELLED)
        return spelling

    def _relations(self, stated: Sequence[DraftRelation]) -> list[Relation]:
        kept: list[Relation] = []
        seen: set[tuple[str, frozenset[str], frozenset[str]]] = set()
        for draft in stated:
            if draft.description and not _is_usable(draft.description):
                self._note(Repair.UNUSABLE_RELATION_DROPPED)
                continue
            relation = self._relation(draft)
            if relation is None:
                continue
            # The same words about other entities are another relation: "inhibits" COX-1, and COX-2.
            key = (
                relation.description.casefold(),
                frozenset(map(identity, relation.source_entities)),
                frozenset(map(identity, relation.target_entities)),
            )
            if key in seen:
                self._note(Repair.DUPLICATE_RELATION_DROPPED)
                continue
            seen.add(key)
            for name in (*relation.source_entities, *relation.target_entities):
                if identity(name) not in self._entities:
                    self._note(Repair.ENTITY_ADDED)
                self._entities.setdefault(identity(name), name)
            kept.append(relation)
        return kept

    def _relation(self, draft: DraftRelation) -> Relation | None:
        sources = self._side(draft.source_entities)
        targets = self._side(draft.target_entities)
        if not draft.description or not sources or not targets:
            self._note(Repair.INCOMPLETE_RELATION_DROPPED)
            return None
        starts = set(map(identity, sources))
        others = [name for name in targets if identity(name) not in starts]
        if len(others) < len(targets):
            self._note(Repair.SELF_RELATION_DROPPED)
        if not others:
            return None
        return Relation(
            description=draft.description,
            source_entities=sources,
            target_entities=others,
            strength=draft.strength,
        )

    def _side(self, names: list[str]) -> list[str]:
        """Return one side of a relation, in the spelling of the list of entities."""
        side: dict[str, str] = {}
        for name in self._split(names):
            spelling = self._ground(name)
            if spelling is None:
                continue
            key = identity(spelling)
            listed = self._entities.get(key, spelling)
            if listed != spelling:
                self._note(Repair.ENTITY_RESPELLED)
            if key in side:
                self._note(Repair.DUPLICATE_ENTITY_DROPPED)
            side.setdefault(key, listed)
        return list(side.values())

    def _split(self, names: Sequence[str]) -> list[str]:
        """Return names one by one where an answer joins them: "a transformer, sparse attention"."""
        single: list[str] = []
        for name in names:
            parts = [part for part in _JOINT.split(name) if part]
            if len(parts) > 1 and self._text.ground(name) is None:
                self._note(Repair.VALUE_COERCED)
                single += parts
            else:
                single.append(name)
        return single


def _without_entities(draft: Draft) -> RejectionReason:
    named = draft.entities or any(
        relation.source_entities or relation.target_entities for relation in draft.relations
    )
    return RejectionReason.NO_GROUNDED_ENTITIES if named else RejectionReason.NO_ENTITIES


def _is_usable(description: str) -> bool:
    """Return whether a description has content and is not copied from the prompt."""
    return (
        any(character.isalpha() for character in description)
        and description not in example_descriptions()
        and not runs_in_a_loop(description)
    )


def _values(repairs: Iterable[Repair]) -> tuple[str, ...]:
    return tuple(repair.value for repair in repairs)


def _rejected(reason: RejectionReason) -> Judgement:
    return Judgement("rejected", reason.value, (), None)


def _with_cause(judged: Judgement, answer: str, finish_reason: str) -> Judgement:
    """Return a rejection with its cause instead of its symptom, if the cause is known."""
    if finish_reason != "length":
        return judged
    cause = RejectionReason.LOOP if runs_in_a_loop(answer) else RejectionReason.TRUNCATED
    return Judgement(judged.verdict, cause.value, judged.repairs, None)
