"""What in an answer is not about the text: parts of the prompt, refusals, another language.

A part of an answer that is any of these is dropped with a repair that names it; an answer that
consists of it is rejected for it. Words that the text itself says are never dropped: an article
about language models may say "As an AI language model". What a loop is, is decided in `repetition`.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from functools import cached_property

from relgen_assets.extraction.codes import RejectionReason, Repair
from relgen_assets.extraction.grounding import GroundedText
from relgen_assets.extraction.identity import identity
from relgen_assets.extraction.languages import differs
from relgen_assets.extraction.refusals import is_refusal
from relgen_assets.extraction.sent_prompt import Passage, SentPrompt


class Leak(Enum):
    """What a part of an answer is instead of being about the text."""

    EXAMPLE = (Repair.EXAMPLE_LEAK_DROPPED, RejectionReason.LEAKED_EXAMPLE)
    INSTRUCTION = (Repair.INSTRUCTION_DROPPED, RejectionReason.COPIED_INSTRUCTIONS)
    SUMMARY = (Repair.SUMMARY_REPLACED, RejectionReason.SUMMARY_AS_DESCRIPTION)
    REFUSAL = (Repair.REFUSAL_DROPPED, RejectionReason.REFUSAL)
    LANGUAGE = (Repair.OTHER_LANGUAGE_DROPPED, RejectionReason.OTHER_LANGUAGE)

    @property
    def repair(self) -> Repair:
        """The repair that drops such a part."""
        return self.value[0]

    @property
    def reason(self) -> RejectionReason:
        """The reason to reject an answer that consists of such parts."""
        return self.value[1]


LEAK_REASONS = frozenset(leak.reason.value for leak in Leak)
"""The codes of these reasons."""


class Leaks:
    """Notices leaks in the answers to one prompt.

    Args:
        text: The chunk.
        grounded: The same, prepared for looking up names.
        prompt: What was sent.
    """

    def __init__(self, text: str, grounded: GroundedText, prompt: SentPrompt) -> None:
        self._text, self._grounded = text, grounded
        self._parts = prompt.parts(text)

    @property
    def example_descriptions(self) -> frozenset[str]:
        """Descriptions in the prompt's worked examples."""
        return self._parts.descriptions

    def in_section_description(self, description: str) -> Leak | None:
        """Return what the description of a section is, if it is not about the text."""
        leak = self.in_passage(description)
        if leak is None and self._parts.shown.is_copied_in(description):
            return None if self._says(description) else Leak.SUMMARY
        return leak

    def in_passage(self, passage: str) -> Leak | None:
        """Return what a sentence or two of an answer are, if they are not about the text."""
        leak = self._suspected(passage)
        return leak if leak is not None and not self._says(passage) else None

    def in_name(self, name: str) -> Leak | None:
        """Return what a name is that does not occur in the text, if its origin is known."""
        if self._holds_example_name(name):
            return Leak.EXAMPLE
        return self.in_passage(name)

    def in_list(self, names: Sequence[str]) -> Leak | None:
        """Return what a list of names is if it is copied as a whole from the instructions."""
        listed = " ".join(names)
        is_copied = self._parts.instructions.is_copied_in(listed) and not self._says(listed)
        return Leak.INSTRUCTION if is_copied else None

    def _suspected(self, passage: str) -> Leak | None:
        if not passage:
            return None
        if is_refusal(passage):
            return Leak.REFUSAL
        if passage in self._parts.descriptions or self._parts.examples.is_copied_in(passage):
            return Leak.EXAMPLE
        if self._holds_example_name(passage):
            return Leak.EXAMPLE
        if self._parts.instructions.is_copied_in(passage):
            return Leak.INSTRUCTION
        return Leak.LANGUAGE if differs(passage, self._text) else None

    def quotes(self, passage: str) -> bool:
        """Return whether a passage stands in the text, in these words."""
        return self._plain_text.holds(passage)

    def _says(self, passage: str) -> bool:
        """Return whether the text says a passage, in these words or nearly so."""
        return self.quotes(passage) or self._plain_text.is_copied_in(passage)

    def _holds_example_name(self, passage: str) -> bool:
        """Return whether a passage names what only the worked example names."""
        key = identity(passage)
        return any(
            name_key in key and GroundedText(passage).mentions(name)
            for name, name_key in self._example_names
        )

    @cached_property
    def _example_names(self) -> list[tuple[str, str]]:
        """The names of the worked examples that do not occur in the text, with their keys."""
        return [
            (name, identity(name))
            for name in self._parts.names
            if not self._grounded.mentions(name)
        ]

    @cached_property
    def _plain_text(self) -> Passage:
        return Passage(self._text)
