"""What each template is for: its purpose, its placeholders, and the form of its example answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final, Literal, get_args

from relgen_assets.rows.answers import Answer, OpinionAnswer
from relgen_assets.rows.models import EntityList, StudentPrompt, TableRow

PromptTask = Literal[
    "summary",
    "extraction_candidates",
    "extraction_entities",
    "extraction_evidence",
    "extraction_quote",
    "extraction_relations",
    "extraction_schema",
    "no_summary/extraction_candidates",
    "no_summary/extraction_entities",
    "no_summary/extraction_evidence",
    "no_summary/extraction_quote",
    "no_summary/extraction_relations",
    "no_summary/extraction_schema",
    "verification",
    "student/summary_none",
    "student/summary_none_schema",
    "student/summary_given",
    "student/summary_given_schema",
    "student/summary_merged",
    "student/summary_merged_schema",
]
PROMPT_TASKS: Final[tuple[PromptTask, ...]] = get_args(PromptTask)
"""The names of all templates; each is also the path of its file, without the ending."""
STUDENT_TASKS: Final[Mapping[StudentPrompt, PromptTask]] = {
    "summary_none": "student/summary_none",
    "summary_none_schema": "student/summary_none_schema",
    "summary_given": "student/summary_given",
    "summary_given_schema": "student/summary_given_schema",
    "summary_merged": "student/summary_merged",
    "summary_merged_schema": "student/summary_merged_schema",
}
"""The template of each student prompt."""
NO_SUMMARY_TASKS: Final[Mapping[PromptTask, PromptTask]] = {
    "extraction_candidates": "no_summary/extraction_candidates",
    "extraction_entities": "no_summary/extraction_entities",
    "extraction_evidence": "no_summary/extraction_evidence",
    "extraction_quote": "no_summary/extraction_quote",
    "extraction_relations": "no_summary/extraction_relations",
    "extraction_schema": "no_summary/extraction_schema",
}
"""The template that takes the place of another where articles are not summarised."""


def task_for(task: PromptTask, *, summarised: bool) -> PromptTask:
    """Return the template that asks about a chunk, or the one in its place without a summary."""
    return task if summarised else NO_SUMMARY_TASKS[task]


CATEGORIES: Final = "categories"
"""Placeholder of the categories of entities, in templates that leave names free."""
ENTITY_TYPES: Final = "entity_types"
"""Placeholder of the types of entities: a line for each, with its name and description."""
RELATION_TYPES: Final = "relation_types"
"""Placeholder of the types of relations, the same way."""
PART_FOLDERS: Final = ("no_summary", "student")
"""Folders of templates, below that of the others."""


@dataclass(frozen=True, slots=True)
class Form:
    """What a template has to offer.

    Attributes:
        purpose: When the template is used, in one phrase.
        required: Placeholders that have to be in it.
        optional: Placeholders that may be in it.
        answer: What the answers of its worked examples are, as JSON; `None` for free text.
        examples: Whether it may have worked examples.
    """

    purpose: str
    required: tuple[str, ...]
    optional: tuple[str, ...] = ()
    answer: type[TableRow] | None = Answer
    examples: bool = True

    @property
    def placeholders(self) -> tuple[str, ...]:
        """All placeholders that are filled in."""
        return (*self.required, *self.optional)


def _student(purpose: str, *required: str) -> Form:
    # A trainer learns from every assistant turn of a conversation, so only the answer may be one.
    return Form(purpose, required, optional=("keys",), examples=False)


_EXTRACTIONS: Final[Mapping[PromptTask, Form]] = {
    # A row of the dataset has to hold its summary and its text, so the prompt does.
    "extraction_candidates": Form(
        "asks about a chunk, with names restricted to terms of the chunk",
        required=("summary", "text", "candidates"),
    ),
    "extraction_evidence": Form(
        "asks about a chunk, with free names and a quote of the chunk for each relation",
        required=("summary", "text"),
        optional=(CATEGORIES, ENTITY_TYPES, RELATION_TYPES),
    ),
    "extraction_entities": Form(
        "asks for the names in a chunk, the first of two passes",
        required=("summary", "text"),
        optional=(CATEGORIES, ENTITY_TYPES),
        answer=EntityList,
    ),
    "extraction_quote": Form(
        "asks about a chunk, with statements of the chunk to choose from",
        required=("summary", "text", "quotes"),
    ),
    "extraction_relations": Form(
        "asks how the names of the first pass are related, the second of two passes",
        required=("summary", "text", "entities"),
        optional=(ENTITY_TYPES, RELATION_TYPES),
    ),
    "extraction_schema": Form(
        "asks about a chunk, with free names",
        required=("summary", "text"),
        optional=(CATEGORIES, ENTITY_TYPES, RELATION_TYPES),
    ),
}

FORMS: Final[Mapping[PromptTask, Form]] = {
    # Both are required, because either may be empty: an article needs one of them.
    "summary": Form(
        "asks for the summary of an article",
        required=("abstract", "section_names"),
        optional=("title",),
        answer=None,
    ),
    **_EXTRACTIONS,
    **{
        other: replace(
            _EXTRACTIONS[task],
            purpose=f"{_EXTRACTIONS[task].purpose}, without a summary",
            required=tuple(name for name in _EXTRACTIONS[task].required if name != "summary"),
        )
        for task, other in NO_SUMMARY_TASKS.items()
    },
    "verification": Form(
        "asks whether a passage of a chunk states a relation",
        required=("passage", "claim"),
        answer=OpinionAnswer,
    ),
    "student/summary_none": _student("trains without the summary", "text"),
    "student/summary_none_schema": _student(
        "trains without the summary, with the JSON schema", "text", "schema"
    ),
    "student/summary_given": _student("trains with summary and text", "summary", "text"),
    "student/summary_given_schema": _student(
        "trains with summary, text and the JSON schema", "summary", "text", "schema"
    ),
    "student/summary_merged": _student(
        "trains with the summary as beginning of the text", "summary", "text"
    ),
    "student/summary_merged_schema": _student(
        "trains with the summary as beginning of the text, and the JSON schema",
        "summary",
        "text",
        "schema",
    ),
}
"""The form of each template."""
