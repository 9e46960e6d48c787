"""Fills the prompt templates: from an article or a chunk to the chat messages of a request.

The wording is in the text files beside this module, their format in `relgen_assets.prompts`. Schema
and sampling belong to `relgen_assets.generation`.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Literal, get_args

from relgen_assets.rows.models import Paper
from resources.generation import Message

PromptTask = Literal["summary", "extraction_candidates", "extraction_schema"]
Role = Literal["system", "user", "assistant"]

VERSION_CHARACTERS = 12
_TURN = re.compile(r"^=== (system|user|assistant) ===\n", re.MULTILINE)
_PLACEHOLDER = re.compile(r"\{(title|abstract|section_names|summary|text|candidates)\}")


def summary_messages(paper: Paper) -> tuple[Message, ...]:
    """Return the messages that ask for a summary, from abstract and section names."""
    values = {
        "title": paper.title.strip() or "(none)",
        "abstract": paper.abstract.strip() or "(none)",
        "section_names": "\n".join(paper.section_names) or "(none)",
    }
    return _fill("summary", values)


def extraction_messages(
    summary: str, text: str, *, candidates: Sequence[str] = ()
) -> tuple[Message, ...]:
    """Return the messages that ask for the entities and relations of one chunk.

    Instructions and example come first, the same for all chunks; then the summary, shared by the
    chunks of an article; then the chunk and the candidates. So a prefix cache covers all that is
    shared.

    Args:
        summary: Summary of the article the chunk belongs to.
        text: The chunk, in full.
        candidates: Terms that entity names are restricted to; none for free names.
    """
    values = {"summary": summary.strip(), "text": text, "candidates": "; ".join(candidates)}
    return _fill(_extraction_template(bool(candidates)), values)


def prompt_version(task: PromptTask) -> str:
    """Return a short hash that changes whenever the template of `task` changes.

    Args:
        task: The template; extraction has one per mode.
    """
    digest = hashlib.sha256(_template_text(task).encode()).hexdigest()
    return digest[:VERSION_CHARACTERS]


@cache
def example_descriptions() -> frozenset[str]:
    """Return every description in the worked examples of the templates.

    An answer that repeats one of them has copied the prompt instead of reading the chunk.
    """
    found: set[str] = set()
    for template in get_args(PromptTask):
        for role, content in _turns(template):
            if role == "assistant":
                answer = json.loads(content)
                found.add(answer["section_description"])
                found.update(relation["description"] for relation in answer["relations"])
    return frozenset(found)


def _extraction_template(with_candidates: bool) -> PromptTask:
    return "extraction_candidates" if with_candidates else "extraction_schema"


def _fill(template: PromptTask, values: Mapping[str, str]) -> tuple[Message, ...]:
    return tuple(
        Message(role=role, content=_substitute(content, values))
        for role, content in _turns(template)
    )


def _substitute(content: str, values: Mapping[str, str]) -> str:
    # One pass over the template only: articles contain braces, and may contain `{text}`.
    return _PLACEHOLDER.sub(lambda match: values[match.group(1)], content)


@cache
def _turns(template: PromptTask) -> tuple[tuple[Role, str], ...]:
    parts = _TURN.split(_template_text(template))
    roles = get_args(Role)
    return tuple(
        (roles[roles.index(role)], content.strip())
        for role, content in zip(parts[1::2], parts[2::2], strict=True)
    )


@cache
def _template_text(template: PromptTask) -> str:
    return files("relgen_assets.prompts").joinpath(f"{template}.txt").read_text(encoding="utf-8")
