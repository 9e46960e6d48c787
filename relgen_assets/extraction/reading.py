"""Reads one draft of an answer against its text: what is kept of it, and what was repaired.

Entities are grounded, relations examined for evidence. Which draft of an answer is taken is decided
in `judge`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from relgen_assets.extraction.answer_schema import MAX_RELATION_DESCRIPTION
from relgen_assets.extraction.cleaning import (
    ends,
    runs_in_a_loop,
    whole_sentences,
    without_citations,
)
from relgen_assets.extraction.codes import RejectionReason, Repair
from relgen_assets.extraction.evidence import EvidenceText, Fault, Finding
from relgen_assets.extraction.identity import identity
from relgen_assets.extraction.names import has_mask, is_name
from relgen_assets.extraction.shape import Draft, DraftRelation
from relgen_assets.extraction.statements import is_fragment
from relgen_assets.rows.models import Extraction, Relation

Verdict = Literal["valid", "repaired", "rejected"]

MAX_QUOTED_DESCRIPTION = 300
"""Longest sentence of the text, in characters, that describes a section."""
_JOINT = re.compile(r"\s*[,;]\s*(?:and\s+)?|\s+and\s+")
_UNSUPPORTED = {
    Fault.SIDE_NOT_NAMED: Repair.UNNAMED_RELATION_DROPPED,
    Fault.NOT_TOGETHER: Repair.UNSTATED_RELATION_DROPPED,
    Fault.NOT_STATED: Repair.UNSTATED_RELATION_DROPPED,
    Fault.OPPOSITE: Repair.CONTRADICTED_RELATION_DROPPED,
    Fault.REVERSED: Repair.REVERSED_RELATION_DROPPED,
}


@dataclass(frozen=True, slots=True)
class Judgement:
    """The verdict on one answer.

    Attributes:
        verdict: `valid` if the answer is usable as it is, `repaired` if it had to be changed,
            `rejected` if it contains nothing usable.
        reason: Code of the rejection, a `RejectionReason`; `None` unless rejected.
        repairs: Codes of the repairs, each a `Repair`, each once, in the order first needed.
        extraction: The content of the answer; `None` if rejected.
        evidence: What the text says to each relation of the extraction, in their order.
    """

    verdict: Verdict
    reason: str | None
    repairs: tuple[str, ...]
    extraction: Extraction | None
    evidence: tuple[Finding, ...] = ()


def read(
    draft: Draft, text: EvidenceText, *, cut_off: bool, examples: frozenset[str] = frozenset()
) -> Judgement:
    """Return the verdict on one draft of an answer.

    Args:
        draft: What the answer states.
        text: The chunk it is about.
        cut_off: Whether the token limit ended the answer.
        examples: Descriptions that must not be repeated.
    """
    return _Reader(text, examples).read(draft, cut_off=cut_off)


def listed(draft: Draft, text: EvidenceText) -> list[str]:
    """Return the names that a draft lists and a text has, in the spelling of the text, each once.

    Args:
        draft: What the answer states; only its list counts.
        text: The chunk it is about.
    """
    return _Reader(text, frozenset()).listed(draft)


def rejected(reason: RejectionReason, repairs: Iterable[Repair] = ()) -> Judgement:
    """Return a rejection for a reason."""
    return Judgement("rejected", reason.value, tuple(repair.value for repair in repairs), None)


class _Reader:
    """Turns one draft into an extraction, noting every repair."""

    def __init__(self, text: EvidenceText, examples: frozenset[str]) -> None:
        self._text = text
        self._examples = examples
        self._repairs: dict[Repair, None] = {}
        self._entities: dict[str, str] = {}

    def read(self, draft: Draft, *, cut_off: bool) -> Judgement:
        """Return the verdict on the draft."""
        for repair in draft.repairs:
            self._note(repair)
        if draft.section_description in self._examples:
            return self._reject(RejectionReason.ECHOED_EXAMPLE)
        self.listed(draft)
        relations, evidence = self._relations(self._whole(draft.relations, cut_off=cut_off))
        if draft.says_nothing and not draft.relations and not cut_off:
            return self._nothing_stated(draft)
        if not self._entities:
            return self._reject(_without_entities(draft))
        if not relations:
            return self._reject(RejectionReason.NO_RELATIONS)
        description = self._describe(draft)
        if not description:
            return self._reject(RejectionReason.NO_DESCRIPTION)
        return self._accept(description, relations, evidence)

    def listed(self, draft: Draft) -> list[str]:
        """Return the grounded names of the draft's list."""
        for name in self._split(draft.entities):
            self._list(name)
        return list(self._entities.values())

    def _nothing_stated(self, draft: Draft) -> Judgement:
        """Return the verdict on an answer that says that the text states no relation."""
        if draft.entities and not self._entities:
            return self._reject(RejectionReason.NO_GROUNDED_ENTITIES)
        if not self._is_usable(draft.section_description):
            return self._reject(RejectionReason.NO_DESCRIPTION)
        return self._accept(draft.section_description, [], [])

    def _accept(
        self, description: str, relations: list[Relation], evidence: list[Finding]
    ) -> Judgement:
        extraction = Extraction(
            section_description=description,
            list_of_entities=list(self._entities.values()),
            relations=relations,
        )
        repairs = tuple(repair.value for repair in self._repairs)
        verdict: Verdict = "repaired" if repairs else "valid"
        return Judgement(verdict, None, repairs, extraction, tuple(evidence))

    def _reject(self, reason: RejectionReason) -> Judgement:
        return rejected(reason, self._repairs)

    def _note(self, repair: Repair) -> None:
        self._repairs.setdefault(repair)

    def _whole(
        self, relations: Sequence[DraftRelation], *, cut_off: bool
    ) -> Sequence[DraftRelation]:
        """Return the relations that an answer completes, also if the token limit cut it off."""
        if cut_off and Repair.JSON_REPAIRED in self._repairs:
            # The last relation may be incomplete, even if its JSON could be closed.
            self._note(Repair.TRUNCATED_TAIL_DROPPED)
            return relations[:-1]
        return relations

    def _describe(self, draft: Draft) -> str:
        """Return what the section is about: as stated, else the sentence with the most entities."""
        if self._is_usable(draft.section_description):
            return draft.section_description
        self._note(Repair.DESCRIPTION_QUOTED)
        return self._text.central_sentence(self._entities.values(), MAX_QUOTED_DESCRIPTION)

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
        spelling = self._text.grounded.ground(name)
        if spelling is None:
            usable = is_name(name)
            self._note(
                Repair.UNGROUNDED_ENTITY_DROPPED if usable else Repair.UNUSABLE_ENTITY_DROPPED
            )
        elif spelling != name:
            self._note(Repair.ENTITY_RESPELLED)
        return spelling

    def _relations(self, stated: Sequence[DraftRelation]) -> tuple[list[Relation], list[Finding]]:
        kept: list[Relation] = []
        evidence: list[Finding] = []
        seen: set[tuple[str, frozenset[str], frozenset[str]]] = set()
        for draft in stated:
            found = self._relation(draft)
            if found is None:
                continue
            relation, finding = found
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
            evidence.append(finding)
        return kept, evidence

    def _relation(self, draft: DraftRelation) -> tuple[Relation, Finding] | None:
        """Return a relation with its evidence, or `None` after noting what is wrong with it."""
        description = self._ended(without_citations(draft.description))
        if description != draft.description:
            self._note(Repair.TEXT_CLEANED)
        if draft.description and not self._can_state(description):
            self._note(Repair.UNUSABLE_RELATION_DROPPED)
            return None
        sources, targets = self._side(draft.source_entities), self._side(draft.target_entities)
        if not description or not sources or not targets:
            self._note(Repair.INCOMPLETE_RELATION_DROPPED)
            return None
        starts = set(map(identity, sources))
        others = [name for name in targets if identity(name) not in starts]
        if len(others) < len(targets):
            self._note(Repair.SELF_RELATION_DROPPED)
        if not others:
            return None
        finding = self._examine(description, sources, others)
        if finding.fault is not None:
            self._note(_UNSUPPORTED[finding.fault])
            return None
        relation = Relation(
            description=description,
            source_entities=list(finding.sources),
            target_entities=list(finding.targets),
            strength=draft.strength,
        )
        return relation, finding

    def _is_usable(self, description: str) -> bool:
        """Return whether a description has content and is not copied from the prompt."""
        return (
            any(character.isalpha() for character in description)
            and description not in self._examples
            and not runs_in_a_loop(description)
        )

    def _can_state(self, description: str) -> bool:
        """Return whether a description can state a relation of the text, whatever it says."""
        return (
            self._is_usable(description)
            and not has_mask(description)
            and not is_fragment(description)
            and self._text.shares_script(description)
        )

    def _ended(self, description: str) -> str:
        """Return a description without the sentence in which its bound cut it off, if one did.

        A sentence of the text that was being quoted is completed; one that cannot be is left out.
        """
        if len(description) < MAX_RELATION_DESCRIPTION * 0.9 or ends(description):
            return description
        return self._text.completed(description, MAX_QUOTED_DESCRIPTION) or whole_sentences(
            description
        )

    def _examine(self, description: str, sources: list[str], targets: list[str]) -> Finding:
        """Return what the text says to a relation, turned if description and text agree on that."""
        finding = self._text.examine(description, sources, targets)
        if finding.fault is Fault.REVERSED:
            turned = self._text.examine(description, targets, sources)
            if turned.fault is None and turned.is_directed:
                self._note(Repair.RELATION_TURNED)
                finding = turned
        if finding.fault is None and len(finding.sources) + len(finding.targets) < len(
            sources
        ) + len(targets):
            self._note(Repair.UNNAMED_ENTITY_DROPPED)
        return finding

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
            if len(parts) > 1 and self._text.grounded.ground(name) is None:
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
