"""The key of a generation: a hash of everything that determines the answer, and of nothing else.

`IN_KEY`, `IN_KEY_IF_SET` and `NOT_IN_KEY` define what belongs in it and what does not; together
they list every field of a request. What is in the key only if it is set leaves the keys of all
requests without it as they were. A change of `IN_KEY` makes every stored answer unknown, so it
requires a new `KEY_FORMAT` and a migration that keeps the old answers reachable.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from typing import Any, Final

from resources.generation import GenerationRequest

KEY_FORMAT: Final = 1

IN_KEY: Final[Mapping[str, tuple[str, Callable[[GenerationRequest, str], Any]]]] = {
    "task": ("The kind of work: equal words may serve two purposes.", lambda r, _: r.task),
    "messages": (
        "The exact words and roles: a changed prompt is a different question.",
        lambda r, _: [[message["role"], message["content"]] for message in r.messages],
    ),
    "model": ("Identity of the model: models are never mixed.", lambda _, model: model),
    "json_schema": (
        "The schema of the answer, in its own order: servers write properties in that order.",
        lambda r, _: r.json_schema,
    ),
    "sampling.temperature": ("Sampling temperature.", lambda r, _: float(r.sampling.temperature)),
    "sampling.top_p": ("Nucleus sampling mass.", lambda r, _: float(r.sampling.top_p)),
    "sampling.max_tokens": ("Where the answer is cut.", lambda r, _: r.sampling.max_tokens),
    "sampling.seed": ("The seed.", lambda r, _: r.sampling.seed),
    "attempt": ("A content retry is a new draw, even with no seed.", lambda r, _: r.attempt),
    "variant": ("Several answers to one question stay apart.", lambda r, _: r.variant),
}
"""What determines an answer: its name, why it belongs, and its value for request and model."""

IN_KEY_IF_SET: Final[Mapping[str, str]] = {
    "sampling.min_p": "Least share of the probability of the likeliest token.",
    "sampling.top_k": "Number of likeliest tokens.",
    "sampling.stop": "Texts that end the answer.",
}
"""What determines an answer where it is set: its name, and why. `Sampling.further` has the values.

An endpoint that does not take such an option answers under the same key: the fleet shares one
ledger."""

NOT_IN_KEY: Final[Mapping[str, str]] = {
    "endpoint": "The fleet shares one ledger: which server answered does not change the question.",
    "subject": "What an answer is about follows from the messages; equal texts share one answer.",
    "prompt_tokens": "An estimate that only decides where the request fits.",
    "expected_tokens": "An estimate that only orders the queue.",
    "affinity": "Only decides which server's cache is warm.",
    "avoid": "Where a request should rather not run, which does not change the question.",
    "labels": "Facts about the run (partition, run, prompt version), not the question.",
}
"""What is known about a request but does not determine the answer, and why."""


def generation_key(request: GenerationRequest, model: str) -> str:
    """Return the ledger key of a request: 64 hexadecimal digits.

    Args:
        request: The request.
        model: Identity of the model that should answer.
    """
    values = [KEY_FORMAT, *([name, value(request, model)] for name, (_, value) in IN_KEY.items())]
    further = request.sampling.further
    values += [[f"sampling.{name}", further[name]] for name in sorted(further)]
    # ASCII escapes, so that NUL characters and lone surrogates in real articles can be hashed.
    canonical = json.dumps(values, ensure_ascii=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(canonical.encode("ascii")).hexdigest()
