"""How examples become training rows: the student prompts, the form of the answer, and the lengths.

Everything here follows from the settings and the templates of a project. Which columns a config has
belongs to `configs`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final, NamedTuple

from relgen_assets.export.answers import AnswerForm
from relgen_assets.prompts import STUDENT_TASKS, PromptSet
from relgen_assets.rows.models import StudentPrompt
from relgen_assets.rows.type_scheme import UNTYPED, TypeScheme
from relgen_assets.settings import DatasetSettings, without_summary
from relgen_assets.text.token_counts import TokenCounter, open_counter

_CHARACTERS: Final = 12
_BREAK: Final = "\n\n"
"""Stands between instruction and input."""
_ANSWER_FOLLOWS: Final = "\n\nExtraction:\n"
"""Ends a plain prompt. Behind a single line break every tokenizer ends a token; a blank line would
become one with the answer in those of GPT-2's kind, so that the prompt alone has other tokens."""
TEMPLATE_TOKENS: Final = 64
"""What chat templates add to a row at most: marks of turns, and a default system prompt. Those of
Qwen 2.5, Llama 3.2 and SmolLM2 add between 20 and 50."""


class Shown(NamedTuple):
    """What a trained model is shown of one example.

    Attributes:
        instruction: What to do, the same for every row; empty if the template has no system turn.
        given: What to do it with.
    """

    instruction: str
    given: str

    @property
    def whole(self) -> str:
        """Both as one text. Not every chat template knows a system turn, so it is no turn."""
        return f"{self.instruction}{_BREAK}{self.given}" if self.instruction else self.given

    @property
    def plain(self) -> str:
        """Both as the beginning of a text that goes on with the answer."""
        return f"{self.whole}{_ANSWER_FOLLOWS}"


@dataclass(frozen=True)
class Shaping:
    """The rules by which training rows are written.

    Attributes:
        settings: The section `dataset`.
        prompts: The templates of the project.
        default_tokenizer: The tokenizer unless the settings name one.
        named: Returns a path as it is from the project folder, which may be moved.
        scheme: The types of entities and relations.
    """

    settings: DatasetSettings
    prompts: PromptSet
    default_tokenizer: Callable[[], Path]
    named: Callable[[str], str] = str
    scheme: TypeScheme = UNTYPED

    @property
    def answer(self) -> AnswerForm:
        """How extractions are written."""
        return AnswerForm(
            indented=self.settings.answer_json == "indented",
            strength=self.settings.answer_strength,
            scheme=self.scheme,
        )

    @property
    def is_conversational(self) -> bool:
        """Whether `prompt_completion` holds messages rather than plain text."""
        return self.settings.prompt_completion == "conversational"

    def shown(self, summary: str, text: str, prompt: StudentPrompt | None = None) -> Shown:
        """Return what a model is shown of a chunk.

        Args:
            summary: Summary of its article.
            text: The chunk.
            prompt: Which student prompt; by default that of the settings. An article without a
                summary has none to show, so that it is the one for the text alone.
        """
        wanted = prompt or self.settings.student_prompt
        messages = self.prompts.student_messages(
            wanted if summary else without_summary(wanted),
            summary,
            text,
            schema=self._schema,
            keys=self._keys,
        )
        *instruction, given = (message["content"] for message in messages)
        return Shown(_BREAK.join(instruction), given)

    def counts(self, texts: list[str]) -> Sequence[int]:
        """Return the number of tokens of each text.

        Raises:
            ConfigurationError: The tokenizer of the settings cannot be used.
        """
        return self._counter.counts(texts)

    def fits(self, tokens: int) -> bool:
        """Return whether a row of so many tokens is within the budget, if there is one."""
        return self.settings.max_tokens is None or tokens <= self.settings.max_tokens

    @property
    def student_version(self) -> str:
        """The version of the student prompt of the settings."""
        return self.prompts.version(STUDENT_TASKS[self.settings.student_prompt])

    @cached_property
    def version(self) -> str:
        """A short hash that changes with everything that decides a training row."""
        parts = [
            self.settings.student_prompt,
            self.settings.prompt_completion,
            self.settings.answer_json,
            self.settings.answer_strength,
            self.settings.max_tokens,
            self.settings.over_budget,
            self.settings.tokenizer and self.named(self.settings.tokenizer),
            self._schema,
            self._keys,
            [self.prompts.version(task) for task in STUDENT_TASKS.values()],
        ]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:_CHARACTERS]

    @cached_property
    def _counter(self) -> TokenCounter:
        named = self.settings.tokenizer
        return open_counter(Path(named) if named else self.default_tokenizer())

    @cached_property
    def _schema(self) -> str:
        return self.answer.schema_text()

    @cached_property
    def _keys(self) -> str:
        return self.answer.in_words()
