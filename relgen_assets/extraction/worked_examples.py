"""The worked examples of a prompt: what an answer must not repeat.

An answer that repeats an example has copied the prompt instead of reading the chunk. The examples
are taken from the messages that were sent, so that a verdict stays the same when the prompts of the
project change.
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
    found: set[str] = set()
    for example in _examples(tuple(answers)):
        found.add(example.section_description)
        found.update(relation.description for relation in example.relations)
    return frozenset(found)


def example_names(answers: Iterable[str]) -> tuple[str, ...]:
    """Return the names of all entities in the worked examples of a prompt, each once.

    Args:
        answers: What the assistant says in the messages that were sent: the answers of examples.
    """
    found: dict[str, None] = {}
    for example in _examples(tuple(answers)):
        sides = (
            name
            for relation in example.relations
            for name in (*relation.source_entities, *relation.target_entities)
        )
        found.update(dict.fromkeys((*example.names, *sides)))
    return tuple(found)


@lru_cache(_PROMPTS_KEPT)
def _examples(answers: tuple[str, ...]) -> tuple[Answer, ...]:
    found: list[Answer] = []
    for answer in answers:
        try:
            found.append(Answer.model_validate_json(answer))
        except ValidationError:
            continue  # rows of another program may hold any conversation
    return tuple(found)
