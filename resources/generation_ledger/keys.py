"""The key of a generation: a hash of everything that determines the answer, and of nothing else.

`IN_KEY` and `NOT_IN_KEY` are the one table of what belongs and what does not; together they name
every field of a request. A change of `IN_KEY` makes every known answer new, so it comes with a
new `KEY_FORMAT` and a migration that keeps the old answers reachable.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from typing import Any, Final

from resources.generation import GenerationRequest

KEY_FORMAT: Final = 1

IN_KEY: Final[Mapping[str, tuple[str, Callable[[GenerationRequest, str], Any]]]] = {
    "task": ("The kind of work: the same words may be asked for two ends.", lambda r, _: r.task),
    "messages": (
        "The exact words and roles: a changed prompt is another question.",
        lambda r, _: [[message["role"], message["content"]] for message in r.messages],
    ),
    "model": ("Identity of the model: two models are never mixed.", lambda _, model: model),
    "json_schema": (
        "The grammar of the answer, in its own order: servers write properties in that order.",
        lambda r, _: r.json_schema,
    ),
    "sampling.temperature": ("How widely is drawn.", lambda r, _: float(r.sampling.temperature)),
    "sampling.top_p": ("Mass that is drawn from.", lambda r, _: float(r.sampling.top_p)),
    "sampling.max_tokens": ("Where the answer is cut.", lambda r, _: r.sampling.max_tokens),
    "sampling.seed": ("The draw.", lambda r, _: r.sampling.seed),
    "attempt": ("A content retry is a new draw, also without a seed.", lambda r, _: r.attempt),
    "variant": ("Several answers to one question stay apart.", lambda r, _: r.variant),
}
"""What determines an answer: name, why it belongs, and its value for a request and a model."""

NOT_IN_KEY: Final[Mapping[str, str]] = {
    "endpoint": "The fleet shares one ledger: who answered does not change the question.",
    "subject": "What an answer is about follows from the messages; equal texts share one answer.",
    "prompt_tokens": "An estimate that only decides where the request fits.",
    "expected_tokens": "An estimate that only orders the queue.",
    "affinity": "Only decides which server's cache is warm.",
    "labels": "Facts about the run (partition, run, prompt version), not about the question.",
}
"""What is known of a request and leaves the answer as it is, and why."""


def generation_key(request: GenerationRequest, model: str) -> str:
    """Return the ledger key of a request: 64 hexadecimal digits.

    Args:
        request: What is asked.
        model: Identity of the model that is to answer.
    """
    values = [KEY_FORMAT, *([name, value(request, model)] for name, (_, value) in IN_KEY.items())]
    # ASCII escapes, so that NUL characters and lone surrogates of real articles hash as well.
    canonical = json.dumps(values, ensure_ascii=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(canonical.encode("ascii")).hexdigest()
