"""The prompt that was sent, taken apart: instructions, worked examples, and what else was shown.

The parts are found in the messages themselves, so that any template in any language has them, and a
verdict stays the same when the templates of the project change.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Final

from rapidfuzz import fuzz

from relgen_assets.extraction.worked_examples import example_descriptions, example_names

LIKE_A_COPY: Final = 88.0
"""Least similarity of a copy to its original: matching characters, in percent, of the best aligned
part (`rapidfuzz.fuzz.partial_ratio`)."""
FEWEST_WORDS: Final = 4
"""Shorter passages may be alike by chance."""
FEWEST_IDEOGRAMS: Final = 8
"""The same for scripts that are written without spaces."""
_KNOWN_WORDS: Final = 0.75
"""Share of the words of a passage below which it is no copy, which is faster to see."""
_PROMPTS_KEPT: Final = 256

_WORD = re.compile(r"\w+")
_IDEOGRAM = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3\u0e00-\u0e7f]")
_SENTENCE = re.compile(r"[^\n]+?(?:[.!?\u3002](?=\s|$)|(?=\n)|$)")
_INSTRUCTS = re.compile(
    r"\bjson\b|list_of_entities|section_description|source_entities|target_entities"
    r"|^\W*(?:you are|you will|your task|answer|read|extract|return|respond|reply|list|use only"
    r"|do not|don't|never|always|write|find|identify|give|output|based on)\b",
    re.IGNORECASE,
)


class Passage:
    """A passage of a prompt, prepared for noticing copies of it.

    Args:
        text: The passage; may be empty.
    """

    def __init__(self, text: str) -> None:
        self._plain = _plain(text)

    def holds(self, other: str) -> bool:
        """Return whether the words of another text stand in this one, one behind the other."""
        return f" {_plain(other)} " in f" {self._plain} "

    def is_copied_in(self, other: str) -> bool:
        """Return whether another text is, in most of its sentences, a copy of a part of this one.

        Copies may differ in case, punctuation and a few words.
        """
        if not self._plain:
            return False
        sentences = [_plain(sentence) for sentence in _sentences(other)]
        copied = sum(len(one) for one in sentences if self._has_copy(one))
        return copied * 2 > sum(map(len, sentences)) > 0

    def _has_copy(self, plain: str) -> bool:
        words = plain.split()
        if len(words) < FEWEST_WORDS:
            if len(_IDEOGRAM.findall(plain)) < FEWEST_IDEOGRAMS:
                return False
        elif sum(word in self._words for word in words) < _KNOWN_WORDS * len(words):
            return False
        if len(plain) > len(self._plain):
            return fuzz.ratio(plain, self._plain) >= LIKE_A_COPY
        return fuzz.partial_ratio(plain, self._plain, score_cutoff=LIKE_A_COPY) > 0

    @cached_property
    def _words(self) -> frozenset[str]:
        return frozenset(self._plain.split())


@dataclass(frozen=True, slots=True)
class PromptParts:
    """What a prompt consists of, apart from the chunk.

    Attributes:
        descriptions: Every description in the answers of worked examples.
        names: The entities of worked examples that stand nowhere else in the prompt.
        examples: The worked examples, questions and answers.
        instructions: What the model is told to do.
        shown: What is shown beside the chunk, such as the article's summary.
    """

    descriptions: frozenset[str]
    names: tuple[str, ...]
    examples: Passage
    instructions: Passage
    shown: Passage


@dataclass(frozen=True, slots=True)
class SentPrompt:
    """The messages that were sent, each as its role and its content; empty if they are unknown."""

    turns: tuple[tuple[str, str], ...] = ()

    def parts(self, text: str) -> PromptParts:
        """Return the parts of the prompt.

        Args:
            text: The chunk that the prompt shows.
        """
        return _parts(self.turns, text)


NO_PROMPT: Final = SentPrompt()


@lru_cache(_PROMPTS_KEPT)
def _parts(turns: tuple[tuple[str, str], ...], text: str) -> PromptParts:
    asked = [content for role, content in turns if role == "user"]
    last = asked[-1].replace(text, "\n") if asked and text else ""
    told, answers, questions = _fixed(turns[:-1])
    beside = _sentences(last)
    # What the questions of examples and the last one have in common is of the template.
    instructs = [one for one in beside if one in questions or _INSTRUCTS.search(one)]
    shown = "\n".join(one for one in beside if one not in instructs)
    instructions = "\n".join((*told, *instructs))
    elsewhere = Passage(f"{instructions}\n{shown}")
    return PromptParts(
        descriptions=example_descriptions(answers),
        names=tuple(name for name in example_names(answers) if not elsewhere.holds(name)),
        examples=Passage(
            "\n".join((*questions.difference(beside), *example_descriptions(answers)))
        ),
        instructions=Passage(instructions),
        shown=Passage(shown),
    )


@lru_cache(_PROMPTS_KEPT)
def _fixed(
    turns: tuple[tuple[str, str], ...],
) -> tuple[tuple[str, ...], tuple[str, ...], frozenset[str]]:
    """Return instructions, answers of worked examples, and the sentences of their questions."""
    told = tuple(content for role, content in turns if role == "system")
    answers = tuple(content for role, content in turns if role == "assistant")
    questions = (content for role, content in turns if role == "user")
    return told, answers, frozenset(one for content in questions for one in _sentences(content))


def _sentences(text: str) -> Sequence[str]:
    found: Iterable[str] = (match.group().strip() for match in _SENTENCE.finditer(text))
    return [sentence for sentence in found if sentence]


@lru_cache(1_024)
def _plain(text: str) -> str:
    """Return the words of a text in lower case, single-spaced, without signs."""
    return " ".join(_WORD.findall(text.casefold()))
