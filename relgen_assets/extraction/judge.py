"""The verdict on one answer: a usable extraction, or the reason why there is none.

The steps are salvage, shape, grounding and relations; each notes the repairs it makes. An answer
that needed none is `valid`. Every accepted extraction satisfies three rules: its entities occur in
the text, the entities of its relations are in the list, and judging it again changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from relgen_assets.extraction.cleaning import runs_in_a_loop
from relgen_assets.extraction.codes import RejectionReason, Repair
from relgen_assets.extraction.grounding import GroundedText, entity_key, is_name
from relgen_assets.extraction.salvage import Salvaged, salvage
from relgen_assets.extraction.shape import Draft, DraftRelation, has_known_key, to_draft
from relgen_assets.rows.models import Extraction, Relation

Verdict = Literal["valid", "repaired", "rejected"]

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
def judge(
    answer: str,
    text: str,
    *,
    finish_reason: str = "stop",
    examples: frozenset[str] = frozenset(),
) -> Judgement:
    """Return the verdict on an answer about a text; never raises, whatever the answer.

    Args:
        answer: The raw answer of a model.
        text: The chunk the answer is about.
        finish_reason: As reported by the server; `length` if the answer was cut off.
        examples: Descriptions in the worked examples of the prompt, which no answer may repeat.
    """
    if not answer.strip():
        return _rejected(RejectionReason.EMPTY_ANSWER)
    salvaged = salvage(answer)
    judged: Judgement
    if salvaged is None:
        judged = _rejected(RejectionReason.NOT_JSON)
    else:
        judged = _Reader(text, examples).read(salvaged, cut_off=finish_reason == "length")
    if judged.verdict == "rejected":
        return _with_cause(judged, answer, finish_reason)
    return judged


class _Reader:
    """Turns one salvaged object into an extraction, noting every repair.

    Args:
        text: The chunk the entities have to occur in.
        examples: Descriptions that must not be repeated.
    """

    def __init__(self, text: str, examples: frozenset[str]) -> None:
        self._text = GroundedText(text)
        self._examples = examples
        self._repairs: dict[Repair, None] = {}
        self._entities: dict[str, str] = {}

    def read(self, salvaged: Salvaged, *, cut_off: bool) -> Judgement:
        """Return the verdict on the object."""
        for repair in salvaged.repairs:
            self._note(repair)
        if not has_known_key(salvaged.value):
            return self._reject(RejectionReason.WRONG_SHAPE)
        draft = to_draft(salvaged.value, self._note)
        relations = draft.relations
        if cut_off and Repair.JSON_REPAIRED in self._repairs:
            # The last relation may be incomplete, even if its JSON could be closed.
            self._note(Repair.TRUNCATED_TAIL_DROPPED)
            relations = relations[:-1]
        reason = self._described(draft)
        if reason is not None:
            return self._reject(reason)
        for name in draft.entities:
            self._list(name)
        kept = self._relations(relations)
        if not self._entities:
            return self._reject(_without_entities(draft))
        if not kept:
            return self._reject(RejectionReason.NO_RELATIONS)
        return Judgement(
            "repaired" if self._repairs else "valid",
            None,
            _values(self._repairs),
            Extraction(
                section_description=draft.section_description,
                list_of_entities=list(self._entities.values()),
                relations=kept,
            ),
        )

    def _note(self, repair: Repair) -> None:
        self._repairs.setdefault(repair)

    def _reject(self, reason: RejectionReason) -> Judgement:
        return Judgement("rejected", reason.value, _values(self._repairs), None)

    def _list(self, name: str) -> None:
        """Add an entity from the list of the answer."""
        spelling = self._ground(name)
        if spelling is None:
            return
        key = entity_key(spelling)
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

    def _relations(self, drafts: list[DraftRelation]) -> list[Relation]:
        kept: list[Relation] = []
        seen: set[str] = set()
        for draft in drafts:
            if draft.description and not self._is_usable(draft.description):
                self._note(Repair.UNUSABLE_RELATION_DROPPED)
                continue
            relation = self._relation(draft)
            if relation is None:
                continue
            # The same sentence about other entities is a repetition too, not a second relation.
            sentence = relation.description.casefold()
            if sentence in seen:
                self._note(Repair.DUPLICATE_RELATION_DROPPED)
                continue
            seen.add(sentence)
            for name in (*relation.source_entities, *relation.target_entities):
                key = entity_key(name)
                if key not in self._entities:
                    self._note(Repair.ENTITY_ADDED)
                self._entities.setdefault(key, name)
            kept.append(relation)
        return kept

    def _relation(self, draft: DraftRelation) -> Relation | None:
        sources = self._side(draft.source_entities)
        targets = self._side(draft.target_entities)
        if not draft.description or not sources or not targets:
            self._note(Repair.INCOMPLETE_RELATION_DROPPED)
            return None
        others = [name for name in targets if name not in sources]
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
        for name in names:
            spelling = self._ground(name)
            if spelling is None:
                continue
            key = entity_key(spelling)
            listed = self._entities.get(key, spelling)
            if listed != spelling:
                self._note(Repair.ENTITY_RESPELLED)
            if key in side:
                self._note(Repair.DUPLICATE_ENTITY_DROPPED)
            side.setdefault(key, listed)
        return list(side.values())

    def _described(self, draft: Draft) -> RejectionReason | None:
        """Return why the description of the section is unusable, or `None`."""
        description = draft.section_description
        if description in self._examples:
            return RejectionReason.ECHOED_EXAMPLE
        return None if self._is_usable(description) else RejectionReason.NO_DESCRIPTION

    def _is_usable(self, description: str) -> bool:
        """Return whether a description has content and is not copied from the prompt."""
        return (
            any(character.isalpha() for character in description)
            and description not in self._examples
            and not runs_in_a_loop(description)
        )


def _without_entities(draft: Draft) -> RejectionReason:
    named = draft.entities or any(
        relation.source_entities or relation.target_entities for relation in draft.relations
    )
    return RejectionReason.NO_GROUNDED_ENTITIES if named else RejectionReason.NO_ENTITIES


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
