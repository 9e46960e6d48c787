"""One endpoint: what the server is, whether it is ready, and its answers to requests.

The client combines an endpoint's configuration, its connection and its server type. How the types
differ is in `types`, the HTTP in `connection`, requests and answers in `completion`.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final, NamedTuple

from resources.generation import GenerationRequest
from resources.llama_server_pool.endpoint import Dialect, Endpoint, Thinking
from resources.llama_server_pool.headers import header_values
from resources.llama_server_pool.servers.abilities import Abilities, SchemaForm
from resources.llama_server_pool.servers.blame import blamed_on_server
from resources.llama_server_pool.servers.completion import (
    Completion,
    completion_of,
    request_body,
)
from resources.llama_server_pool.servers.connection import ServerConnection
from resources.llama_server_pool.servers.faults import Disposition, EndpointFault
from resources.llama_server_pool.servers.harmless import harmless
from resources.llama_server_pool.servers.names import is_same_model
from resources.llama_server_pool.servers.probes import (
    PROBE_TASK,
    SCHEMA_PROBE,
    ended_in_thought,
    holds_to_schema,
)
from resources.llama_server_pool.servers.registry import SERVER_TYPES, recognise
from resources.llama_server_pool.servers.server_type import ServerFacts, ServerType
from resources.llama_server_pool.servers.stream import Limits, StreamedAnswer
from resources.llama_server_pool.servers.truncation import cut_prompt

logger = logging.getLogger(__name__)

ODD_SCHEMAS: Final = 3
"""Answers to requests with less of a schema after which less is sent at once."""

__all__ = ["Completion", "EndpointClient", "SchemaTrial", "ServerFacts"]


class SchemaTrial(NamedTuple):
    """What a server did with a JSON schema.

    Attributes:
        enforced: Whether its answer followed the schema.
        completion: The answer; `None` if it refused the schema, which is then no longer sent.
    """

    enforced: bool
    completion: Completion | None


class EndpointClient:
    """Talks to one endpoint.

    Args:
        config: The endpoint.
        model: Identity of the model, if the endpoint names none.
        api_key: Key to send; never logged.
    """

    def __init__(
        self, config: Endpoint, *, model: str | None = None, api_key: str | None = None
    ) -> None:
        self.config = config
        self.model = config.model or model
        self._connection = ServerConnection(
            config, model=self.model, api_key=api_key, headers=header_values(config)
        )
        self._type = None if config.dialect is Dialect.auto else SERVER_TYPES[config.dialect]
        self.abilities = Abilities()
        self._odd_schemas = 0
        self._thinks = False

    async def discover(self) -> ServerFacts:
        """Return what the server says about itself.

        Raises:
            EndpointFault: The server cannot be reached or does not answer usably.
        """
        return await self.examine(await self.greet())

    async def greet(self) -> ServerFacts:
        """Return what the server says about itself without disturbing its work.

        Raises:
            EndpointFault: The server cannot be reached or does not answer usably.
        """
        with blamed_on_server():
            server_type = await self._known_type()
            return self._configured(await server_type.greet(self._connection))

    async def greet_again(self, facts: ServerFacts) -> ServerFacts:
        """Return `facts` corrected by what the server says now that it has generated something.

        Some load a model for the first request, and only then with its real context.

        Raises:
            EndpointFault: The server cannot be reached or does not answer usably.
        """
        now = await self.greet()
        return ServerFacts(
            facts.dialect,
            now.slots or facts.slots,
            now.context or facts.context,
            now.model or facts.model,
            now.control_tokens or facts.control_tokens,
        )

    async def examine(self, facts: ServerFacts) -> ServerFacts:
        """Return `facts` completed by what the server can be asked only while it is idle.

        Call it only while holding the slots of the server: some abort their work to answer.

        Raises:
            EndpointFault: The server cannot be reached or does not answer usably.
        """
        server_type = SERVER_TYPES[facts.dialect]
        with blamed_on_server():
            return self._configured(await server_type.examine(self._connection, facts))

    async def probe(self) -> None:
        """Return when the server is ready to serve.

        Raises:
            EndpointFault: It is not ready; the fault says why.
        """
        with blamed_on_server():
            await self._connection.get((await self._known_type()).health_path)

    async def complete(
        self, request: GenerationRequest, on_tokens: Callable[[int], None], facts: ServerFacts
    ) -> Completion:
        """Return the answer to `request`.

        Cancelling the task closes the connection, so that the server frees the slot.

        Args:
            request: What to generate.
            on_tokens: Called with the number of tokens decoded so far, at every change.
            facts: What `discover` returned.

        Raises:
            EndpointFault: The server gave no usable answer.
        """
        abilities, refusal = self.abilities, None
        while True:
            try:
                completion = await self._answer(request, on_tokens, facts, abilities)
            except EndpointFault as fault:
                refusal = refusal or fault
                lesser = abilities.after(fault, self._body(request, facts))
                if lesser is None:
                    raise refusal from None
                abilities = lesser
            else:
                if refusal is not None:
                    self._learn(abilities, refusal, on_trial=request.task == PROBE_TASK)
                return completion

    async def try_out(self, request: GenerationRequest, facts: ServerFacts) -> Completion:
        """Return the answer to a small request, and learn what the endpoint takes.

        A server that refuses it without saying why is asked with less.

        Raises:
            EndpointFault: It gave no usable answer, whatever was left out.
        """
        try:
            return await self.complete(request, lambda _: None, facts)
        except EndpointFault as refusal:
            if refusal.disposition not in (Disposition.request, Disposition.schema):
                raise
            for abilities in self.abilities.guesses():
                try:
                    completion = await self._answer(request, lambda _: None, facts, abilities)
                except EndpointFault as fault:
                    if fault.disposition is not refusal.disposition:
                        raise
                else:
                    self._learn(abilities, refusal, on_trial=True)
                    return completion
            raise

    def _learn(self, abilities: Abilities, refusal: EndpointFault, *, on_trial: bool) -> None:
        """Remember what the endpoint takes, after it has answered a request that asked for less.

        One odd schema may be refused on a server that takes all others, so outside of trials that
        has to happen a few times before less of each schema is sent.
        """
        if not on_trial and abilities.schema is not self.abilities.schema:
            self._odd_schemas += 1
            if self._odd_schemas < ODD_SCHEMAS:
                abilities = replace(abilities, schema=self.abilities.schema)
        if abilities != self.abilities:
            self.abilities = abilities
            logger.warning(
                "%s does not take %s (%s); it is asked without.",
                self.config.name,
                abilities.told(),
                refusal.detail,
            )

    def _body(self, request: GenerationRequest, facts: ServerFacts) -> dict[str, Any]:
        server_type, schema = SERVER_TYPES[facts.dialect], request.json_schema
        return request_body(
            request,
            model=self.model or facts.model or "default",
            limits=self.limits(request, facts),
            response_format=None if schema is None else server_type.response_format(schema),
            further=self._further(server_type),
            takes=server_type.sampling_options,
        )

    async def _answer(
        self,
        request: GenerationRequest,
        on_tokens: Callable[[int], None],
        facts: ServerFacts,
        abilities: Abilities,
    ) -> Completion:
        """Return the answer to `request`, asked in the way that suits these abilities."""
        server_type = SERVER_TYPES[facts.dialect]
        answer = StreamedAnswer(on_tokens, self.limits(request, facts))
        model = self.model or facts.model
        sent = harmless(request, facts.control_tokens)
        body = abilities.fit(self._body(sent.request, facts))
        try:
            with blamed_on_server():
                await self._connection.stream(body, answer)
                self._refuse_other_model(answer.model, facts)
                completion = completion_of(
                    request,
                    answer,
                    endpoint=self.config.name,
                    model=model,
                    as_meant=sent.as_meant,
                )
        except EndpointFault as fault:
            with blamed_on_server():
                meant = await server_type.explain(self._connection, fault, request, facts)
            if meant is fault:
                raise
            raise meant from fault
        self._thinks |= bool(completion.generation.reasoning)
        counted = completion.generation.prompt_tokens
        cut_at = server_type.cut_at(counted, request.prompt_tokens, facts)
        if cut_at is not None:
            raise cut_prompt(completion.generation, cut_at)
        return completion

    def limits(self, request: GenerationRequest, facts: ServerFacts) -> Limits:
        """Return how long the answer to a request may become, and the thoughts before it.

        Thoughts get tokens of their own where the settings ask for thoughts, or where this server
        has shown some; as many as the context has room for.
        """
        longest, thinking = request.sampling.max_tokens, self.config.thinking
        if thinking is Thinking.off or (thinking is Thinking.auto and not self._thinks):
            return Limits(longest)
        room = self.config.reasoning_tokens
        if facts.context:
            room = min(room, facts.context - request.prompt_tokens - longest)
        return Limits(longest, max(0, room))

    async def try_schema(self, facts: ServerFacts) -> SchemaTrial:
        """Ask for an answer that a server gives only if it enforces the JSON schema.

        Raises:
            EndpointFault: The server did not answer; refusing the schema counts as an answer.
        """
        try:
            completion = await self.try_out(SCHEMA_PROBE, facts)
            if ended_in_thought(completion.generation):  # known to think, it gets room for that
                completion = await self.try_out(SCHEMA_PROBE, facts)
        except EndpointFault as fault:
            if fault.disposition is Disposition.schema:
                self.abilities = replace(self.abilities, schema=SchemaForm.none)
                return SchemaTrial(enforced=False, completion=None)
            raise
        return SchemaTrial(holds_to_schema(completion.generation.text), completion)

    async def count_tokens(self, text: str, facts: ServerFacts) -> int | None:
        """Return the length of `text` in the server's tokens; None if it does not count tokens.

        Raises:
            EndpointFault: The server did not answer.
        """
        with blamed_on_server():
            return await SERVER_TYPES[facts.dialect].count_tokens(self._connection, text)

    async def close(self) -> None:
        """Close all connections."""
        await self._connection.close()

    async def _known_type(self) -> ServerType:
        if self._type is None:
            self._type = await recognise(self._connection)
        return self._type

    def _further(self, server_type: ServerType) -> dict[str, Any]:
        """Return what the endpoint's settings add to every request."""
        thinking = self.config.thinking
        if thinking is Thinking.auto:
            return self.config.extra_body
        switch = server_type.thinking_switch(on=thinking is Thinking.on)
        return {**switch, **self.config.extra_body}

    def _refuse_other_model(self, answered: str, facts: ServerFacts) -> None:
        """Refuse an answer of another model: it would be stored under the name of this one."""
        names = [name for name in (self.model, facts.model) if name]
        if not answered or not names or is_same_model(answered, [*names, *self.config.aliases]):
            return
        raise EndpointFault(
            "other_model",
            f"{answered!r} answered, {names[0]!r} was asked; if both are names of one model,"
            " list the first among the endpoint's `aliases`",
            Disposition.server,
        )

    def _configured(self, facts: ServerFacts) -> ServerFacts:
        """Complete facts from the configuration, which wins except for the model's name."""
        return replace(
            facts,
            slots=self.config.slots or facts.slots or SERVER_TYPES[facts.dialect].assumed_slots,
            context=self.config.context or facts.context,
            model=facts.model or self.model,
        )
