"""What a server type has to know: the interface that each file of `types` fills in.

A server type is a stateless object. It knows how one server software differs from the others: its
pages, its spelling of a JSON schema, its words for errors. It asks through an `Asker` and neither
opens connections nor keeps state of a server.
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
from resources.llama_server_pool.servers.questions import Asker, unusable

SCHEMA_NAME = "answer"
"""Name that `json_schema` wants for every schema."""


@dataclass(frozen=True)
class ServerFacts:
    """What a server said about itself, completed by its configuration.

    Attributes:
        dialect: The server software; never `auto`.
        slots: Requests it serves at once, where known.
        context: Context of one slot in tokens, where known.
        model: The model it serves, where known.
    """

    dialect: Dialect
    slots: int | None = None
    context: int | None = None
    model: str | None = None


@dataclass(frozen=True)
class ErrorPhrases:
    """The words of a server type's errors: regular expressions, upper and lower case alike.

    Attributes:
        prompt_too_long: One prompt does not fit the context.
        overflow: The slots together overflow the context they share.
        loading: The model is still being loaded.
        no_model: The server lacks the model that was asked for.
        schema: The server does not take the JSON schema.
    """

    prompt_too_long: tuple[str, ...] = ()
    overflow: tuple[str, ...] = ()
    loading: tuple[str, ...] = ()
    no_model: tuple[str, ...] = ()
    schema: tuple[str, ...] = ()


class ServerType(ABC):
    """One server software.

    Attributes:
        dialect: Its name in the settings.
        health_path: A page that answers 200 when the server is ready, without disturbing its work.
        assumed_slots: Requests at once where the server cannot be asked and none are configured.
        strict_schemas: Whether it wants to be told that a schema has to be followed strictly.
        recognition_rank: Types of a lower rank are tried first. Raise it for a type that has no
            page of its own and would be recognised in others as well.
        error_phrases: The words by which it reports errors.
    """

    dialect: ClassVar[Dialect]
    health_path: ClassVar[str]
    assumed_slots: ClassVar[int]
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
        """Return what can be asked while the server works; `examine` asks for the rest.

        Raises:
            EndpointFault: As `discover`.
        """
        return await self.discover(server)

    async def examine(self, server: Asker, facts: ServerFacts) -> ServerFacts:
        """Return `facts` with what the server tells only while it has nothing else to do.

        Raises:
            EndpointFault: As `discover`.
        """
        return facts

    def response_format(self, schema: Mapping[str, Any]) -> dict[str, Any]:
        """Return the `response_format` by which the server enforces a JSON schema."""
        strict = {"strict": True} if self.strict_schemas else {}
        named = {"name": SCHEMA_NAME, "schema": dict(schema), **strict}
        return {"type": "json_schema", "json_schema": named}

    async def count_tokens(self, server: Asker, text: str) -> int | None:
        """Return the length of `text` in the server's tokens, or None if it cannot be asked.

        Raises:
            EndpointFault: The server did not answer usably.
        """
        try:
            return await self._count(server, text)
        except (KeyError, TypeError, ValueError) as error:
            raise unusable("the answer to a token count", error) from error

    async def _count(self, server: Asker, text: str) -> int | None:
        """Ask for the length of `text`; an answer of another form may raise anything."""
        return None

    async def explain(
        self, server: Asker, fault: EndpointFault, request: GenerationRequest, facts: ServerFacts
    ) -> EndpointFault:
        """Return what a fault of a completion means on this software, by default itself.

        Raises:
            EndpointFault: The server had to be asked and did not answer.
        """
        return fault


REGISTERED: dict[Dialect, ServerType] = {}
"""The types registered so far; complete once `registry` is imported."""

T = TypeVar("T", bound=ServerType)


def register(one: type[T]) -> type[T]:
    """Make a server type known under its dialect.

    Raises:
        ValueError: The dialect is taken, or is `auto`.
    """
    if one.dialect is Dialect.auto or one.dialect in REGISTERED:
        raise ValueError(f"{one.__name__} cannot be registered as {one.dialect.value!r}")
    REGISTERED[one.dialect] = one()
    return one
