"""Reads one draft of an answer against its text: what is kept of it, and what was repaired.

Entities are grounded, relations examined for evidence. Which draft of an answer is taken is decided
in `judge`.
"""

from __future__ import annotations

import re
from collections import Counter
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
from relgen_assets.extraction.grounding import Occurrence
from relgen_assets.extraction.identity import identity
from relgen_assets.extraction.leaks import Leak, Leaks
from relgen_assets.extraction.merging import Examined, merged
from relgen_assets.extraction.names import has_mask, is_name
from relgen_assets.extraction.naming import GroundedName, Names, marked
from relgen_assets.extraction.pairs import Span
from relgen_assets.extraction.policy import DEFAULT_POLICY, JudgingPolicy
from relgen_assets.extraction.repetition import is_loop, numbered_repeats
from relgen_assets.extraction.shape import Draft, DraftRelation
from relgen_assets.extraction.verbs import is_fragment
from relgen_assets.rows.models import Extraction, Relation

Verdict = Literal["valid", "repaired", "rejected"]

MAX_QUOTED_DESCRIPTION = 300
"""Longest sentence of the text, in characters, that describes a section."""
_JOINT = re.compile(r"\s*[,;]\s*(?:and\s+)?|\s+and\s+")
_UNSUPPORTED = {
    Fault.SIDE_NOT_NAMED: Repair.UNNAMED_RELATION_DROPPED,
    Fault.NOT_RELATED: Repair.UNRELATED_RELATION_DROPPED,
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
        names: Where each entity of the extraction stands in the text, in their order.
    """

    verdict: Verdict
    reason: str | None
    repairs: tuple[str, ...]
    extraction: Extraction | None
    evidence: tuple[Finding, ...] = ()
    names: tuple[GroundedName, ...] = ()

    @property
    def supported(self) -> int:
        """The number of relations that the text states."""
        return sum(finding.fault is None for finding in self.evidence)


def read(
    draft: Draft,
    text: EvidenceText,
    leaks: Leaks,
    *,
    cut_off: bool,
    policy: JudgingPolicy = DEFAULT_POLICY,
) -> Judgement:
    """Return the verdict on one draft of an answer.

    Args:
        draft: What the answer states.
        text: The chunk it is about.
        leaks: Notices what is of the prompt, or otherwise not about the text.
        cut_off: Whether the token limit ended the answer.
        policy: What happens to what the text does not say.
    """
    return _Reader(text, leaks, draft, policy).read(cut_off=cut_off)


def listed(
    draft: Draft, text: EvidenceText, leaks: Leaks, policy: JudgingPolicy = DEFAULT_POLICY
) -> list[str]:
    """Return the names that a draft lists and a text has, in the spelling of the text, each once.

    Args:
        draft: What the answer states; only its list counts.
        text: The chunk it is about.
        leaks: Notices what is of the prompt.
        policy: What happens to what the text does not say.
    """
    return _Reader(text, leaks, draft, policy).listed()


def rejected(reason: RejectionReason, repairs: Iterable[Repair] = ()) -> Judgement:
    """Return a rejection for a reason."""
    return Judgement("rejected", reason.value, tuple(repair.value for repair in repairs), None)


class _Reader:
    """Turns one draft into an extraction, noting every repair."""

    def __init__(
        self, text: EvidenceText, leaks: Leaks, draft: Draft, policy: JudgingPolicy
    ) -> None:
        self._text, self._leaks, self._draft, self._policy = text, leaks, draft, policy
        self._names = Names(text.grounded, policy.fuzzy_names)
        self._repairs: dict[Repair, None] = {}
        self._leaked_statements: Counter[Leak] = Counter()
        self._leaked_names: Counter[Leak] = Counter()
        self._entities: dict[str, str] = {}
        # Single words do not show where they come from; the list they make up does.
        self._leak_of_names = leaks.in_list(draft.entities)
        self._grounded: dict[str, GroundedName] = {}
        self._has_absent = False

    def read(self, *, cut_off: bool) -> Judgement:
        """Return the verdict on the draft."""
        draft = self._draft
        for repair in draft.repairs:
            self._note(repair)
        if draft.section_description in self._leaks.example_descriptions:
            return self._reject(RejectionReason.ECHOED_EXAMPLE)
        leak = self._leaks.in_section_description(draft.section_description)
        if leak is not None:
            self._note_leak(leak)
        described = leak is None and self._is_usable(draft.section_description)
        self.listed()
        relations, evidence = self._relations(self._whole(draft.relations, cut_off=cut_off))
        nothing = draft.says_nothing and not draft.relations and not cut_off
        if self._has_absent and self._policy.absent_names == "reject":
            return self._reject(RejectionReason.ABSENT_NAMES)
        if not self._occurs_any() and (draft.entities or not nothing):
            return self._reject(_without_entities(draft))
        if not relations and not nothing:
            return self._reject(RejectionReason.NO_RELATIONS)
        if nothing and not described and leak is None:
            return self._reject(RejectionReason.NO_DESCRIPTION)
        description = draft.section_description if described else self._quote()
        if not description:
            return self._reject(leak.reason if leak else RejectionReason.NO_DESCRIPTION)
        return self._accept(description, relations, evidence)

    def listed(self) -> list[str]:
        """Return the grounded names of the draft's list."""
        for name in self._split(self._draft.entities):
            self._list(name)
        return list(self._entities.values())

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
        names = tuple(self._grounded[name] for name in self._entities.values())
        return Judgement(verdict, None, repairs, extraction, tuple(evidence), names)

    def _occurs_any(self) -> bool:
        """Return whether an entity occurs in the text; those that are only marked do not."""
        found = (self._grounded[name] for name in self._entities.values())
        return any(one.occurrence is not Occurrence.ABSENT for one in found)

    def _reject(self, reason: RejectionReason) -> Judgement:
        """Return a rejection: for what most of the answer is, if that is known."""
        draft = self._draft
        statements = len(draft.relations) + bool(draft.section_description)
        parts = statements + len(draft.entities)
        for leak in Leak:
            said, named = self._leaked_statements[leak], self._leaked_names[leak]
            # A name says little of its language, so statements alone may decide.
            if (said and said * 2 >= statements) or (named and (said + named) * 2 >= parts):
                return rejected(leak.reason, self._repairs)
        if reason is not RejectionReason.ECHOED_EXAMPLE and is_loop(draft):
            reason = RejectionReason.LOOP
        return rejected(reason, self._repairs)

    def _note_leak(self, leak: Leak) -> None:
        """Note a description or relation that is not about the text."""
        self._note(leak.repair)
        self._leaked_statements[leak] += 1

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

    def _quote(self) -> str:
        """Return the sentence of the text with most of the entities; may be empty."""
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
        """Return the spelling to keep, or `None` after noting why there is none."""
        found = self._names.ground(name)
        if found is None and is_name(name) and self._leak_of(name) is None:
            self._has_absent = True
            if self._policy.absent_names == "mark":
                found = self._mark(name)
        if found is None:
            self._note_absent(name)
            return None
        if found.name != name:
            self._note(Repair.ENTITY_RESPELLED)
        self._grounded.setdefault(found.name, found)
        return found.name

    def _mark(self, name: str) -> GroundedName | None:
        """Return an absent name to be kept; cleaned, it may occur after all."""
        kept = marked(name)
        return kept and (self._names.ground(kept.name) or kept)

    def _leak_of(self, name: str) -> Leak | None:
        """Return where a name that the text does not hold comes from, if that is known."""
        return self._leaks.in_name(name) or self._leak_of_names

    def _note_absent(self, name: str) -> None:
        leak = self._leak_of(name)
        if leak is not None:
            self._note(leak.repair)
            self._leaked_names[leak] += 1
        elif is_name(name):
            self._note(Repair.UNGROUNDED_ENTITY_DROPPED)
        else:
            self._note(Repair.UNUSABLE_ENTITY_DROPPED)

    def _without_loops(self, stated: Sequence[DraftRelation]) -> Sequence[DraftRelation]:
        """Return relations without those that differ in a number only, unless the text says so."""
        repeats = numbered_repeats(stated)
        kept = [
            one
            for at, one in enumerate(stated)
            if at not in repeats or self._leaks.quotes(one.description)
        ]
        if len(kept) < len(stated):
            self._note(Repair.LOOP_DROPPED)
        return kept

    def _relations(self, stated: Sequence[DraftRelation]) -> tuple[list[Relation], list[Finding]]:
        kept: list[Examined] = []
        seen: set[tuple[str, frozenset[str], frozenset[str]]] = set()
        for draft in self._without_loops(stated):
            found = self._relation(draft)
            if found is None:
                continue
            relation, _ = found
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
            kept.append(found)
        kept = self._merged(kept)
        return [relation for relation, _ in kept], [finding for _, finding in kept]

    def _merged(self, kept: list[Examined]) -> list[Examined]:
        """Return the relations, with those put together that belong together, if that is wanted."""
        if not self._policy.merge_relations:
            return kept
        together = merged(kept, self._text.examine)
        if len(together) < len(kept):
            self._note(Repair.RELATIONS_MERGED)
        return together

    def _relation(self, draft: DraftRelation) -> tuple[Relation, Finding] | None:
        """Return a relation with its evidence, or `None` after noting what is wrong with it."""
        description = self._ended(without_citations(draft.description))
        if description != draft.description:
            self._note(Repair.TEXT_CLEANED)
        leak = self._leaks.in_passage(description)
        if leak is not None:
            self._note_leak(leak)
            return None
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
        description = self._respelled(description)
        finding = self._examine(description, sources, others, self._quoted(draft))
        if finding.fault is None:
            sources, others = list(finding.sources), list(finding.targets)
        elif self._policy.unsupported_relations == "drop":
            self._note(_UNSUPPORTED[finding.fault])
            return None
        relation = Relation(
            description=description,
            source_entities=sources,
            target_entities=others,
            strength=draft.strength,
        )
        return relation, finding

    def _respelled(self, description: str) -> str:
        """Return a description with misspelled names as the text spells them."""
        for answered, spelling in self._names.respellings.items():
            name = re.compile(rf"(?<!\w){re.escape(answered)}(?!\w)", re.IGNORECASE)
            respelled = spelling.join(name.split(description))
            if respelled != description:
                self._note(Repair.TEXT_CLEANED)
                description = respelled
        return description

    def _is_usable(self, description: str) -> bool:
        """Return whether a description has content and is no loop."""
        has_letters = any(character.isalpha() for character in description)
        return has_letters and not runs_in_a_loop(description)

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

    def _quoted(self, draft: DraftRelation) -> frozenset[Span]:
        """Return the sentences that an answer quotes as evidence of a relation, if it does."""
        if not draft.evidence:
            return frozenset()
        sentences = self._text.sentences_of(draft.evidence)
        if not sentences:
            self._note(Repair.QUOTE_NOT_FOUND)
        return sentences

    def _examine(
        self,
        description: str,
        sources: list[str],
        targets: list[str],
        quoted: frozenset[Span],
    ) -> Finding:
        """Return what the text says to a relation, turned if description and text agree on that."""
        finding = self._text.examine(description, sources, targets, quoted)
        if finding.fault is Fault.REVERSED:
            turned = self._text.examine(description, targets, sources, quoted)
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
