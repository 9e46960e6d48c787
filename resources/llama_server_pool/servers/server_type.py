"""What a server type has to know: the interface that each file in `types` implements.

A server type is a stateless object. It knows how one server software differs from the others: its
pages, how it takes a JSON schema, how it words errors. It asks through an `Asker`; it neither opens
connections nor keeps any state of a server.
"""

# ruff: noqa: ARG002 - a server type may need what the defaults here ignore

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, TypeVar

from resources.generation import GenerationRequest
from resources.llama_server_pool.endpoint import Dialect
from resources.llama_server_pool.servers.faults import EndpointFault
from resources.llama_server_pool.servers.questions import Asker
from resources.llama_server_pool.servers.truncation import fills

FURTHER_OPTIONS = frozenset({"min_p", "stop", "top_k"})
"""All sampling options that are sent only where they are set; llama.cpp and its kin take them."""
SCHEMA_NAME = "answer"
"""Name that `json_schema` requires for every schema."""


@dataclass(frozen=True)
class ServerFacts:
    """What a server said about itself, completed from its configuration; `None` is unknown.

    Attributes:
        dialect: The server software; never `auto`.
        slots: Number of parallel requests.
        context: Context of one slot in tokens.
        model: The model it serves.
        control_tokens: Tokens of its chat template beside those of all model families.
    """

    dialect: Dialect
    slots: int | None = None
    context: int | None = None
    model: str | None = None
    control_tokens: tuple[str, ...] = ()


@dataclass(frozen=True)
class ErrorPhrases:
    """The wording of a server type's errors: case-insensitive regular expressions.

    Attributes:
        prompt_too_long: One prompt does not fit the context.
        overflow: The slots together overflow the context they share.
        loading: The model is still loading.
        no_model: The server lacks the requested model.
        schema: The server does not take the JSON schema.
        busy: The server works on other requests and has no queue.
    """

    prompt_too_long: tuple[str, ...] = ()
    overflow: tuple[str, ...] = ()
    loading: tuple[str, ...] = ()
    no_model: tuple[str, ...] = ()
    schema: tuple[str, ...] = ()
    busy: tuple[str, ...] = ()


class ServerType(ABC):
    """One server software.

    Attributes:
        dialect: Its name in the settings.
        health_path: A page that answers 200 when the server is ready, without disturbing its work.
        assumed_slots: Slots to assume if the server cannot be asked and none are configured.
        sampling_options: Sampling options it takes beyond those of OpenAI's API; a service that
            does not know one may refuse the request, so others are not sent.
        strict_schemas: Whether requests must ask for strict adherence to a schema.
        recognition_rank: Types of a lower rank are tried first. Raise it for a type without a page
            of its own, which other servers would match too.
        error_phrases: The words with which it reports errors.
    """

    dialect: ClassVar[Dialect]
    health_path: ClassVar[str]
    assumed_slots: ClassVar[int]
    sampling_options: ClassVar[frozenset[str]] = frozenset({"stop"})
    strict_schemas: ClassVar[bool] = False
    recognition_rank: ClassVar[int] = 0
    error_phrases: ClassVar[ErrorPhrases] = ErrorPhrases()

    @abstractmethod
    async def recognises(self, server: Asker) -> bool:
        """Return whether this software answers behind the URL.

        Raises:
            EndpointFault: The server cannot be reached, is still loading, or refuses the key.
        """

    @abstractmethod
    async def discover(self, server: Asker) -> ServerFacts:
        """Return what the server says about itself.

        Raises:
            EndpointFault: The server did not answer usably, or lacks the configured model.
        """

    async def greet(self, server: Asker) -> ServerFacts:
        """Return what can be asked while the server is working; `examine` asks for the rest.

        Raises:
            EndpointFault: As `discover`.
        """
        return await self.discover(server)

    async def examine(self, server: Asker, facts: ServerFacts) -> ServerFacts:
        """Return `facts` completed by what the server can be asked only while it is idle.

        Raises:
            EndpointFault: As `discover`.
        """
        return facts

    def response_format(self, schema: Mapping[str, Any]) -> dict[str, Any]:
        """Return the `response_format` that makes the server enforce a JSON schema."""
        strict = {"strict": True} if self.strict_schemas else {}
        named = {"name": SCHEMA_NAME, "schema": dict(schema), **strict}
        return {"type": "json_schema", "json_schema": named}

    def cut_at(self, counted: int, estimate: int, facts: ServerFacts) -> int | None:
        """Return the context in tokens at which a prompt was cut; `None` if that is not certain.

        Args:
            counted: Tokens of the prompt, as the server counts them.
            estimate: Its estimated tokens.
            facts: What the server said about itself.
        """
        return facts.context if fills(counted, facts.context) else None

    def thinking_switch(self, *, on: bool) -> dict[str, Any]:
        """Return what a request says to switch the model's thoughts on or off.

        Most servers hand it to the chat template, which calls it `enable_thinking` (Qwen, GLM) or
        `thinking` (DeepSeek, Granite).
        """
        return {"chat_template_kwargs": {"enable_thinking": on, "thinking": on}}

    async def count_tokens(self, server: Asker, text: str) -> int | None:
        """Return the length of `text` in the server's tokens; None if it does not count tokens.

        Raises:
            EndpointFault: The server did not answer usably.
        """
        return await self._count(server, text)

    async def _count(self, server: Asker, text: str) -> int | None:
        """Ask for the length of `text`; an answer of unexpected form raises `EndpointFault`."""
        return None

    async def explain(
        self, server: Asker, fault: EndpointFault, request: GenerationRequest, facts: ServerFacts
    ) -> EndpointFault:
        """Return what a fault of a completion means on this software; by default the same fault.

        Raises:
            EndpointFault: The explanation needed another question, which was not answered.
        """
        return fault


REGISTERED: dict[Dialect, ServerType] = {}
"""The types registered so far; complete once `registry` is imported."""

T = TypeVar("T", bound=ServerType)


def register(one: type[T]) -> type[T]:
    """Register a server type under its dialect.

    Raises:
        ValueError: The dialect is taken, or is `auto`.
    """
    if one.dialect is Dialect.auto or one.dialect in REGISTERED:
        raise ValueError(f"{one.__name__} cannot be registered as {one.dialect.value!r}")
    REGISTERED[one.dialect] = one()
    return one
