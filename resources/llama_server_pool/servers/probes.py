"""Small requests that try an endpoint out before it gets work."""

from __future__ import annotations

import json

from resources.generation import GenerationRequest, Message, Sampling

SPEED_PROBE = GenerationRequest(
    subject="speed probe",
    task="probe",
    messages=(Message(role="user", content="Count from one to twenty in words."),),
    sampling=Sampling(temperature=0.0, max_tokens=24),
    prompt_tokens=20,
)
"""A request that any model answers with a few tokens."""

_ODD_WORD = "quoll-7-zephyr"
SCHEMA_PROBE = GenerationRequest(
    subject="schema probe",
    task="probe",
    messages=(Message(role="user", content="Name a colour, as JSON."),),
    sampling=Sampling(temperature=0.0, max_tokens=40),
    prompt_tokens=16,
    json_schema={
        "type": "object",
        "properties": {"word": {"type": "string", "enum": [_ODD_WORD]}},
        "required": ["word"],
        "additionalProperties": False,
    },
)
"""No server answers this request according to its schema unless it enforces the schema."""


def holds_to_schema(text: str) -> bool:
    """Return whether an answer to `SCHEMA_PROBE` follows its schema."""
    try:
        return bool(json.loads(text) == {"word": _ODD_WORD})
    except ValueError:
        return False
