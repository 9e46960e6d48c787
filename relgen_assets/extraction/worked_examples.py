"""The worked examples of a prompt: what an answer must not repeat.

An answer that repeats a description of an example has copied the prompt instead of reading the
chunk. The examples are taken from the messages that were sent, so that a verdict stays the same
when the prompts of the project change.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from pydantic import ValidationError

from relgen_assets.rows.answers import Answer

_PROMPTS_KEPT = 64


def example_descriptions(answers: Iterable[str]) -> frozenset[str]:
    """Return every description in the worked examples of a prompt.

    Args:
        answers: What the assistant says in the messages that were sent: the answers of examples.
    """
    return _descriptions(tuple(answers))


@lru_cache(_PROMPTS_KEPT)
def _descriptions(answers: tuple[str, ...]) -> frozenset[str]:
    found: set[str] = set()
    for answer in answers:
        try:
            example = Answer.model_validate_json(answer)
        except ValidationError:
            continue  # rows of another program may hold any conversation
        found.add(example.section_description)
        found.update(relation.description for relation in example.relations)
    return frozenset(found)
