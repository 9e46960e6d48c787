"""Small requests that try an endpoint out before it gets work.

They have all that real requests have: a system turn, a seed, a schema with the same keywords. A
server that takes them takes the work, and one that does not says so before it costs a request.
"""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any, Final

from resources.generation import Generation, GenerationRequest, Message, Sampling

PROBE_TASK: Final = "probe"
"""The kind of work of all of them."""
THOUGHTS: Final = 1_024
"""Tokens for the thoughts of a model that thinks before it answers."""
_ODD_WORD = "quoll-7-zephyr"
_THOUGHTS = re.compile(r"<think(?:ing)?>.*?(?:</think(?:ing)?>|$)", re.DOTALL)


def _probe(subject: str, question: str, tokens: int, **more: Any) -> GenerationRequest:
    return GenerationRequest(
        subject=subject,
        task=PROBE_TASK,
        messages=(
            Message(role="system", content="You answer in as few words as possible."),
            Message(role="user", content=question),
        ),
        sampling=Sampling(temperature=0.0, max_tokens=tokens, seed=1),
        prompt_tokens=40,
        **more,
    )


SPEED_PROBE = _probe("speed probe", "Count from one to twenty in words.", 24)
"""A request that any model answers with a few tokens."""

SCHEMA_PROBE = _probe(
    "schema probe",
    "Name a colour, as JSON.",
    60,
    json_schema={
        "type": "object",
        "properties": {
            "words": {
                "type": "array",
                "items": {"type": "string", "enum": [_ODD_WORD]},
                "minItems": 1,
                "maxItems": 1,
            },
            "why": {"type": "string", "minLength": 1, "maxLength": 12},
        },
        "required": ["words", "why"],
        "additionalProperties": False,
    },
)
"""No server answers this request according to its schema unless it enforces the schema."""


def holds_to_schema(text: str) -> bool:
    """Return whether an answer to `SCHEMA_PROBE` follows its schema."""
    try:
        found = json.loads(_THOUGHTS.sub("", text))
    except ValueError:
        return False
    return (
        isinstance(found, dict)
        and found.get("words") == [_ODD_WORD]
        and set(found)
        == {
            "words",
            "why",
        }
    )


def ended_in_thought(answer: Generation) -> bool:
    """Return whether an answer was cut off before it began, by the thoughts of the model."""
    return answer.finish_reason == "length" and not _THOUGHTS.sub("", answer.text).strip()


def with_room_for_thoughts(request: GenerationRequest) -> GenerationRequest:
    """Return the same request with tokens for thoughts before the answer."""
    longest = request.sampling.max_tokens + THOUGHTS
    return replace(request, sampling=replace(request.sampling, max_tokens=longest))
