"""Reads one draft of an answer against its text: what is kept of it, and what was repaired.

Entities are grounded (`entity_reading`), relations examined for evidence (`relation_reading`).
Which draft of an answer is taken is decided in `judge`.
"""

from __future__ import annotations

from collections.abc import Sequence

from relgen_assets.extraction.cleaning import is_usable
from relgen_assets.extraction.codes import RejectionReason, Repair
from relgen_assets.extraction.draft import Draft, DraftRelation
from relgen_assets.extraction.entity_reading import EntityReader
from relgen_assets.extraction.evidence import EvidenceText
from relgen_assets.extraction.grounding import Occurrence
from relgen_assets.extraction.judgement import Judgement, Verdict, rejected
from relgen_assets.extraction.leaks import Leaks
from relgen_assets.extraction.merging import Examined
from relgen_assets.extraction.notes import Notes
from relgen_assets.extraction.policy import JudgingPolicy
from relgen_assets.extraction.relation_reading import MAX_QUOTED_DESCRIPTION, RelationReader
from relgen_assets.extraction.repetition import is_loop
from relgen_assets.rows.models import Extraction


def read(
    draft: Draft, text: EvidenceText, leaks: Leaks, policy: JudgingPolicy, *, cut_off: bool
) -> Judgement:
    """Return the verdict on one draft of an answer.

    Args:
        draft: What the answer states.
        text: The chunk it is about.
        leaks: Notices what is of the prompt, or otherwise not about the text.
        policy: What happens to what the text does not say.
        cut_off: Whether the token limit ended the answer.
    """
    return _Reader(text, leaks, draft, policy).read(cut_off=cut_off)


def listed(draft: Draft, text: EvidenceText, leaks: Leaks, policy: JudgingPolicy) -> list[str]:
    """Return the names that a draft lists and a text has, in the spelling of the text, each once.

    Args:
        draft: What the answer states; only its list counts.
        text: The chunk it is about.
        leaks: Notices what is of the prompt.
        policy: Which misspelled names are taken for those of the text.
    """
    entities = EntityReader(text.grounded, leaks, policy, Notes(), draft.entities)
    entities.list_all(draft.entities)
    found = (one for one in entities.grounded if one.occurrence is not Occurrence.ABSENT)
    return [one.name for one in found]


class _Reader:
    """Turns one draft into an extraction, noting every repair."""

    def __init__(
        self, text: EvidenceText, leaks: Leaks, draft: Draft, policy: JudgingPolicy
    ) -> None:
        self._text, self._leaks, self._draft, self._policy = text, leaks, draft, policy
        self._notes = Notes()
        self._entities = EntityReader(text.grounded, leaks, policy, self._notes, draft.entities)
        self._relations = RelationReader(text, leaks, policy, self._notes, self._entities)

    def read(self, *, cut_off: bool) -> Judgement:
        """Return the verdict on the draft."""
        draft = self._draft
        for repair in draft.repairs:
            self._notes.add(repair)
        if draft.section_description in self._leaks.example_descriptions:
            return self._reject(RejectionReason.ECHOED_EXAMPLE)
        leak = self._leaks.in_section_description(draft.section_description)
        if leak is not None:
            self._notes.add_statement(leak)
        described = leak is None and is_usable(draft.section_description)
        self._entities.list_all(draft.entities, draft.entity_types)
        kept = self._relations.read(self._whole(draft.relations, cut_off=cut_off))
        nothing = draft.says_nothing and not draft.relations and not cut_off
        if self._entities.has_absent and self._policy.absent_names == "reject":
            return self._reject(RejectionReason.ABSENT_NAMES)
        if not self._entities.occurs_any and (draft.entities or not nothing):
            return self._reject(_without_entities(draft))
        if not kept and not nothing:
            return self._reject(RejectionReason.NO_RELATIONS)
        if nothing and not described and leak is None:
            return self._reject(RejectionReason.NO_DESCRIPTION)
        description = draft.section_description if described else self._quote()
        if not description:
            return self._reject(leak.reason if leak else RejectionReason.NO_DESCRIPTION)
        return self._accept(description, kept)

    def _accept(self, description: str, kept: Sequence[Examined]) -> Judgement:
        types = self._entities.types if self._policy.entity_types else None
        if types is not None and None in types:
            # The name is of the text whatever it is; only what is said about it is missing.
            self._notes.add(Repair.ENTITY_UNTYPED)
        extraction = Extraction(
            section_description=description,
            list_of_entities=self._entities.entities,
            entity_types=types,
            relations=[relation for relation, _ in kept],
        )
        repairs = tuple(repair.value for repair in self._notes.repairs)
        verdict: Verdict = "repaired" if repairs else "valid"
        evidence = tuple(finding for _, finding in kept)
        return Judgement(verdict, None, repairs, extraction, evidence, self._entities.grounded)

    def _reject(self, reason: RejectionReason) -> Judgement:
        """Return a rejection: for what most of the answer is, if that is known."""
        leak = self._notes.leak_of_most(self._draft)
        if leak is not None:
            reason = leak.reason
        elif reason is not RejectionReason.ECHOED_EXAMPLE and is_loop(self._draft):
            reason = RejectionReason.LOOP
        return rejected(reason, self._notes.repairs)

    def _whole(
        self, relations: Sequence[DraftRelation], *, cut_off: bool
    ) -> Sequence[DraftRelation]:
        """Return the relations that an answer completes, also if the token limit cut it off."""
        if cut_off and Repair.JSON_REPAIRED in self._notes.repairs:
            # The last relation may be incomplete, even if its JSON could be closed.
            self._notes.add(Repair.TRUNCATED_TAIL_DROPPED)
            return relations[:-1]
        return relations

    def _quote(self) -> str:
        """Return the sentence of the text with most of the entities; may be empty."""
        self._notes.add(Repair.DESCRIPTION_QUOTED)
        return self._text.central_sentence(self._entities.entities, MAX_QUOTED_DESCRIPTION)


def _without_entities(draft: Draft) -> RejectionReason:
    named = draft.entities or any(
        relation.source_entities or relation.target_entities for relation in draft.relations
    )
    return RejectionReason.NO_GROUNDED_ENTITIES if named else RejectionReason.NO_ENTITIES
