"""How a server software answers, as far as it differs for clients: the base class of `types`.

The base answers like a plain service with OpenAI's API; a fake type overrides what its software
does differently. Only the form of answers is here; their timing belongs to `exchange`. The answers
were taken from real servers (llama.cpp, llama-cpp-python) and from the documentation of the others.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from typing import Any, ClassVar, TypeVar

from resources.llama_server_pool.endpoint import Dialect

Reply = tuple[int, dict[str, Any] | str]
"""Status and body of an answer."""


class LongPrompt(Enum):
    """What a server does with a prompt that exceeds its context."""

    refused = auto()
    """An error answer."""
    empty_stream = auto()
    """A stream without any event: the headers were sent before the server noticed."""
    cut = auto()
    """An answer to the part that fits."""


@dataclass(frozen=True)
class Serving:
    """What a server serves: its model, its slots, the context of a slot, and the busy slots."""

    model: str
    slots: int
    context: int
    busy: int = 0


class FakeType:
    """How one server software answers.

    Attributes:
        dialect: The software.
        owner: The owner of a model in its list of models.
        public_paths: Paths it answers without a key.
        tells_slots: Whether it reports its number of slots.
        tells_context: Whether it reports its context.
        counts_tokens: Whether it counts the tokens of a text.
        long_prompt: What it does with a prompt that exceeds its context.
        sends_usage: Whether its streams end with token counts.
        counts_cached: Whether the token counts include cached tokens.
        sends_timings: Whether its streams end with the milliseconds of both phases.
        control_tokens: The tokens of its template that no other model has, if it tells them.
    """

    dialect: ClassVar[Dialect]
    owner: ClassVar[str] = "organisation-owner"
    public_paths: ClassVar[frozenset[str]] = frozenset({"/health"})
    tells_slots: ClassVar[bool] = False
    tells_context: ClassVar[bool] = True
    counts_tokens: ClassVar[bool] = False
    long_prompt: ClassVar[LongPrompt] = LongPrompt.refused
    sends_usage: ClassVar[bool] = True
    counts_cached: ClassVar[bool] = True
    sends_timings: ClassVar[bool] = False
    control_tokens: ClassVar[tuple[str, ...]] = ()

    def pages(self, serving: Serving) -> dict[str, Any]:
        """Return what it answers to a GET, by path."""
        return {"/v1/models": {"object": "list", "data": [self.model_entry(serving)]}}

    def model_entry(self, serving: Serving) -> dict[str, Any]:
        """Return the entry of its model in the list of models."""
        return {"id": serving.model, "object": "model", "owned_by": self.owner}

    def get(self, serving: Serving, path: str) -> Reply:
        """Return the answer to a GET."""
        pages = self.pages(serving)
        return (200, pages[path]) if path in pages else self.not_found()

    def post(self, serving: Serving, path: str, body: dict[str, Any]) -> Reply:
        """Return the answer to a POST other than a chat completion."""
        return self.not_found()

    def not_found(self) -> Reply:
        """Return the answer to an unknown path."""
        return 404, "404 page not found"

    def key_error(self) -> Reply:
        """Return the answer to a missing or wrong key."""
        return 401, error(401, "Invalid API Key", "authentication_error")

    def context_error(self, serving: Serving, tokens: int) -> Reply:
        """Return the answer to a prompt of `tokens` tokens that is refused."""
        message = (
            f"This model's maximum context length is {serving.context} tokens. However, you "
            f"requested {tokens + 1} tokens ({tokens} in the messages, 1 in the completion). "
            "Please reduce the length of the messages or completion."
        )
        kind, code = "invalid_request_error", "context_length_exceeded"
        return 400, error(code, message, kind, param="messages")

    def schema_error(self) -> Reply:
        """Return the answer to a schema that the server does not take."""
        message = "Invalid schema for response_format 'answer': 'type' is not permitted."
        return 400, error("invalid_json_schema", message, "invalid_request_error")

    def schema_of(self, body: dict[str, Any]) -> dict[str, Any] | Reply | None:
        """Return the schema that would be enforced, None for none, or an error answer."""
        wanted = body.get("response_format")
        if wanted is None:
            return None
        if wanted["type"] == "json_schema" and "json_schema" in wanted:
            return dict(wanted["json_schema"]["schema"])
        return {"type": "object"}


def error(code: int | str, message: str, kind: str, **more: Any) -> dict[str, Any]:
    """Return the body of an error answer."""
    return {"error": {"code": code, "message": message, "type": kind, **more}}


REGISTERED: dict[Dialect, FakeType] = {}
"""The fake types registered so far; complete once `registry` is imported."""

T = TypeVar("T", bound=FakeType)


def register(one: type[T]) -> type[T]:
    """Register a fake type under its dialect."""
    REGISTERED[one.dialect] = one()
    return one
