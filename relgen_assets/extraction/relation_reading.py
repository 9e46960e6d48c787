"""Reads the relations of one draft against its text: what is stated is kept, with its evidence.

One by one: a bad relation never costs its neighbours. What is left out is noted.
"""

from __future__ import annotations

from collections.abc import Sequence

from relgen_assets.extraction.answer_schema import MAX_RELATION_DESCRIPTION
from relgen_assets.extraction.cleaning import (
    ends,
    is_usable,
    whole_sentences,
    without_citations,
)
from relgen_assets.extraction.codes import Repair
from relgen_assets.extraction.draft import DraftRelation
from relgen_assets.extraction.entity_reading import EntityReader
from relgen_assets.extraction.evidence import EvidenceText, Fault, Finding
from relgen_assets.extraction.identity import identity
from relgen_assets.extraction.leaks import Leaks
from relgen_assets.extraction.merging import Examined, merged
from relgen_assets.extraction.names import has_mask
from relgen_assets.extraction.notes import Notes
from relgen_assets.extraction.pairs import Span
from relgen_assets.extraction.policy import JudgingPolicy
from relgen_assets.extraction.repetition import numbered_repeats
from relgen_assets.extraction.verbs import is_fragment
from relgen_assets.rows.models import Relation

MAX_QUOTED_DESCRIPTION = 300
"""Longest sentence of the text, in characters, that completes or replaces a description."""
_UNSUPPORTED = {
    Fault.SIDE_NOT_NAMED: Repair.UNNAMED_RELATION_DROPPED,
    Fault.NOT_RELATED: Repair.UNRELATED_RELATION_DROPPED,
    Fault.NOT_TOGETHER: Repair.UNSTATED_RELATION_DROPPED,
    Fault.NOT_STATED: Repair.UNSTATED_RELATION_DROPPED,
    Fault.OPPOSITE: Repair.CONTRADICTED_RELATION_DROPPED,
    Fault.REVERSED: Repair.REVERSED_RELATION_DROPPED,
}


class RelationReader:
    """Examines the relations of one draft.

    Args:
        text: The text.
        leaks: Notices what is of the prompt, or otherwise not about the text.
        policy: What happens to relations that the text does not state.
        notes: Where repairs are noted.
        entities: The entities of the draft, to which those of kept relations are added.
    """

    def __init__(
        self,
        text: EvidenceText,
        leaks: Leaks,
        policy: JudgingPolicy,
        notes: Notes,
        entities: EntityReader,
    ) -> None:
        self._text, self._leaks, self._policy = text, leaks, policy
        self._notes, self._entities = notes, entities

    def read(self, stated: Sequence[DraftRelation]) -> list[Examined]:
        """Return the relations that are kept, each with what the text says to it."""
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
                self._notes.add(Repair.DUPLICATE_RELATION_DROPPED)
                continue
            seen.add(key)
            for name in (*relation.source_entities, *relation.target_entities):
                self._entities.add(name)
            kept.append(found)
        return self._merged(kept)

    def _without_loops(self, stated: Sequence[DraftRelation]) -> Sequence[DraftRelation]:
        """Return relations without those that differ in a number only, unless the text says so."""
        repeats = numbered_repeats(stated)
        kept = [
            one
            for at, one in enumerate(stated)
            if at not in repeats or self._leaks.quotes(one.description)
        ]
        if len(kept) < len(stated):
            self._notes.add(Repair.LOOP_DROPPED)
        return kept

    def _merged(self, kept: list[Examined]) -> list[Examined]:
        """Return the relations, with those put together that belong together, if that is wanted."""
        if not self._policy.merge_relations:
            return kept
        together = merged(kept, self._text.examine)
        if len(together) < len(kept):
            self._notes.add(Repair.RELATIONS_MERGED)
        return together

    def _relation(self, draft: DraftRelation) -> Examined | None:
        """Return a relation with its evidence, or `None` after noting what is wrong with it."""
        description = self._description(draft)
        if description is None:
            return None
        sides = self._sides(draft, description)
        if sides is None:
            return None
        sources, targets = sides
        description = self._entities.respelled(description)
        finding = self._examine(description, sources, targets, self._quoted(draft))
        if finding.fault is None:
            sources, targets = list(finding.sources), list(finding.targets)
        elif self._policy.unsupported_relations == "drop":
            self._notes.add(_UNSUPPORTED[finding.fault])
            return None
        if self._policy.relation_types and draft.type is None:
            # The type says what a relation is: without it the row would teach that it may be left
            # out, and who filters by type would not find it.
            self._notes.add(Repair.UNTYPED_RELATION_DROPPED)
            return None
        relation = Relation(
            description=description,
            source_entities=sources,
            target_entities=targets,
            type=draft.type,
            strength=draft.strength,
        )
        return relation, finding

    def _description(self, draft: DraftRelation) -> str | None:
        """Return the description to keep, perhaps empty; `None` if it cannot state anything."""
        description = self._ended(without_citations(draft.description))
        if description != draft.description:
            self._notes.add(Repair.TEXT_CLEANED)
        leak = self._leaks.in_passage(description)
        if leak is not None:
            self._notes.add_statement(leak)
            return None
        if draft.description and not self._can_state(description):
            self._notes.add(Repair.UNUSABLE_RELATION_DROPPED)
            return None
        return description

    def _sides(self, draft: DraftRelation, description: str) -> tuple[list[str], list[str]] | None:
        """Return source and target without names on both, or `None` if the relation lacks one."""
        sources = self._entities.side(draft.source_entities)
        targets = self._entities.side(draft.target_entities)
        if not description or not sources or not targets:
            self._notes.add(Repair.INCOMPLETE_RELATION_DROPPED)
            return None
        starts = set(map(identity, sources))
        others = [name for name in targets if identity(name) not in starts]
        if len(others) < len(targets):
            self._notes.add(Repair.SELF_RELATION_DROPPED)
        return (sources, others) if others else None

    def _can_state(self, description: str) -> bool:
        """Return whether a description can state a relation of the text, whatever it says."""
        return (
            is_usable(description)
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
            self._notes.add(Repair.QUOTE_NOT_FOUND)
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
                self._notes.add(Repair.RELATION_TURNED)
                finding = turned
        if finding.fault is None and len(finding.sources) + len(finding.targets) < len(
            sources
        ) + len(targets):
            self._notes.add(Repair.UNNAMED_ENTITY_DROPPED)
        return finding
