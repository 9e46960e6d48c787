"""The templates a project uses, checked, and filled from an article or a chunk.

The wording is in text files, their format in `relgen_assets.prompts`. Schema and sampling belong to
`relgen_assets.generation`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path

from relgen_assets.domain_errors import ConfigurationError
from relgen_assets.prompts.checking import check
from relgen_assets.prompts.forms import (
    FORMS,
    PROMPT_TASKS,
    STUDENT_TASKS,
    PromptTask,
    task_for,
)
from relgen_assets.prompts.kinds import Kinds
from relgen_assets.prompts.parsing import TemplateFault, Turn, decode, parse
from relgen_assets.prompts.rendering import filled, render_faults
from relgen_assets.rows.models import EntityList, Paper, StudentPrompt
from relgen_assets.rows.type_scheme import UNTYPED, TypeScheme
from resources.generation import Message

VERSION_CHARACTERS = 12
SUFFIX = ".txt"
"""Ending of a template's file."""
_REMEDY = "docs/prompts.md says what a template looks like."


@dataclass(frozen=True, slots=True)
class Template:
    """A template that passed all checks.

    Attributes:
        task: What it is for.
        text: The whole file, with newlines as line ends, the last one included.
        turns: Its chat turns.
        file: Where it comes from; `None` if it is bundled.
    """

    task: PromptTask
    text: str
    turns: tuple[Turn, ...]
    file: Path | None = None

    @property
    def version(self) -> str:
        """A short hash that changes with every change of the text."""
        return hashlib.sha256(self.text.encode()).hexdigest()[:VERSION_CHARACTERS]

    def fill(self, values: Mapping[str, str]) -> tuple[Message, ...]:
        """Return the chat messages with the values of the template's placeholders."""
        names = FORMS[self.task].placeholders
        return tuple(
            Message(role=turn.role, content=filled(turn.content, names, values))
            for turn in self.turns
        )


class PromptSet:
    """One template for each task.

    Args:
        templates: The templates, of every task.
    """

    def __init__(self, templates: Mapping[PromptTask, Template]) -> None:
        self._templates = {task: templates[task] for task in PROMPT_TASKS}

    def template(self, task: PromptTask) -> Template:
        """Return the template of a task."""
        return self._templates[task]

    def version(self, task: PromptTask) -> str:
        """Return a short hash that changes whenever the template of `task` changes.

        Args:
            task: The template; extraction has one per mode.
        """
        return self._templates[task].version

    def summary_messages(self, paper: Paper) -> tuple[Message, ...]:
        """Return the messages that ask for a summary, from abstract and section names."""
        values = {
            "title": paper.title.strip() or "(none)",
            "abstract": paper.abstract.strip() or "(none)",
            "section_names": "\n".join(paper.section_names) or "(none)",
        }
        return self._templates["summary"].fill(values)

    def extraction_messages(
        self,
        summary: str | None,
        text: str,
        *,
        candidates: Sequence[str] = (),
        quotes: Sequence[str] = (),
        quote_evidence: bool = False,
        entities: Sequence[str] = (),
        categories: Sequence[str] = (),
        scheme: TypeScheme = UNTYPED,
    ) -> tuple[Message, ...]:
        """Return the messages that ask for the entities and relations of one chunk.

        In the bundled templates, instructions and example come first, the same for all chunks; then
        the summary, shared by the chunks of an article; then the chunk and the candidates. So a
        prefix cache covers all that is shared.

        Args:
            summary: Summary of the article the chunk belongs to; `None` to ask without one.
            text: The chunk, in full.
            candidates: Terms that entity names are restricted to; none for free names.
            quotes: Statements of the chunk that the answer is restricted to, one line each.
            quote_evidence: Whether an answer with free names quotes the chunk for each relation.
            entities: Names of a first pass that entity names are restricted to.
            categories: Categories of the entities to look for, where names are free; none leaves
                them to the template.
            scheme: Types of the entities and relations to look for, where the mode has types.
        """
        values = {
            "summary": (summary or "").strip(),
            "text": text,
            "candidates": "; ".join(candidates),
            "quotes": "\n".join(quotes),
            "entities": "; ".join(entities),
        }
        task = _task(candidates, quotes, entities, quote_evidence=quote_evidence)
        template = self._templates[task_for(task, summarised=summary is not None)]
        return _with_kinds(template, values, Kinds(categories, scheme))

    def entity_messages(
        self,
        summary: str | None,
        text: str,
        *,
        categories: Sequence[str] = (),
        scheme: TypeScheme = UNTYPED,
    ) -> tuple[Message, ...]:
        """Return the messages that ask for the names in a chunk, before its relations."""
        values = {"summary": (summary or "").strip(), "text": text}
        task = task_for("extraction_entities", summarised=summary is not None)
        return _with_kinds(self._templates[task], values, Kinds(categories, scheme))

    def verification_messages(self, passage: str, claim: str) -> tuple[Message, ...]:
        """Return the messages that ask whether a passage states a claim."""
        return self._templates["verification"].fill({"passage": passage, "claim": claim})

    def student_messages(
        self, prompt: StudentPrompt, summary: str, text: str, *, schema: str, keys: str
    ) -> tuple[Message, ...]:
        """Return the messages a trained model is shown: an instruction, if any, and the input.

        Args:
            prompt: Which of the student prompts.
            summary: Summary of the article the chunk belongs to.
            text: The chunk, in full.
            schema: The JSON schema of an extraction.
            keys: The keys of an extraction, in words.
        """
        values = {"summary": summary.strip(), "text": text, "schema": schema, "keys": keys}
        return self._templates[STUDENT_TASKS[prompt]].fill(values)


def _with_kinds(template: Template, values: Mapping[str, str], kinds: Kinds) -> tuple[Message, ...]:
    """Return a filled template that says what to look for, also where it has no place for it."""
    form = FORMS[template.task]
    first, *others = template.fill({**values, **kinds.values()})
    added = kinds.added(template.text, form.placeholders, names_only=form.answer is EntityList)
    content = "\n".join([first["content"], *added])
    return (Message(role=first["role"], content=content), *others)


def _task(
    candidates: Sequence[str],
    quotes: Sequence[str],
    entities: Sequence[str],
    *,
    quote_evidence: bool,
) -> PromptTask:
    if quotes:
        return "extraction_quote"
    if entities:
        return "extraction_relations"
    if candidates:
        return "extraction_candidates"
    return "extraction_evidence" if quote_evidence else "extraction_schema"


def read_template(task: PromptTask, data: bytes, file: Path | None = None) -> Template:
    """Return a template from the bytes of its file.

    Raises:
        ConfigurationError: The file cannot be used; the message names every fault with its line.
    """
    text = decode(data)
    if isinstance(text, TemplateFault):
        raise _unusable(task, file, [text])
    turns, faults = parse(text)
    # A line that was meant as a header makes the order of turns look wrong as well.
    faults = faults or check(turns, FORMS[task]) or [*render_faults(turns, FORMS[task])]
    if faults:
        raise _unusable(task, file, faults)
    # Editors add a line end to a file or not; neither is part of a prompt.
    return Template(task, text.rstrip() + "\n", tuple(turns), file)


@cache
def bundled_prompts() -> PromptSet:
    """Return the templates of this package."""
    return PromptSet({task: read_template(task, bundled_file(task)) for task in PROMPT_TASKS})


def bundled_file(task: PromptTask) -> bytes:
    """Return the bytes of a template's file in this package."""
    return files("relgen_assets.prompts").joinpath(f"{task}{SUFFIX}").read_bytes()


def _unusable(
    task: PromptTask, file: Path | None, faults: Sequence[TemplateFault]
) -> ConfigurationError:
    where = str(file) if file else f"bundled template {task}"
    if len(faults) == 1:
        (fault,) = faults
        return ConfigurationError(fault.what, where=f"{where}, line {fault.line}", remedy=_REMEDY)
    lines = [f"  line {fault.line}: {fault.what}" for fault in sorted(faults, key=_by_line)]
    return ConfigurationError(
        "\n".join(["this prompt template cannot be used:", *lines, ""]),
        where=where,
        remedy=_REMEDY,
    )


def _by_line(fault: TemplateFault) -> int:
    return fault.line
