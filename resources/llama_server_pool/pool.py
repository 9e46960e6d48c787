"""The Dagster resource: configuration and life cycle of a pool of servers, and nothing else.

How a batch runs is in `dispatcher`, the state of the servers in `supervisor`.
"""

# Without `from __future__ import annotations`: Dagster reads the annotation of `ledger` as it is.

import asyncio
import threading
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dagster import Config, ConfigurableResource, InitResourceContext, ResourceDependency
from pydantic import Field, PrivateAttr

from resources.credentials import read_secret
from resources.errors import ConfigurationError, NoEndpointLeft
from resources.generation import GenerationRequest, Judge, NextAttempt
from resources.generation_ledger.ledger import GenerationLedger
from resources.generation_ledger.slot_leases import SlotLeases
from resources.llama_server_pool.embedded import shared as embedded
from resources.llama_server_pool.endpoint import (
    Endpoint,
    read_endpoints,
    remaining_endpoints,
)
from resources.llama_server_pool.headers import header_values
from resources.llama_server_pool.loop_thread import LoopThread
from resources.llama_server_pool.options import PoolOptions
from resources.llama_server_pool.policy import DispatchPolicy
from resources.progress import BOARD

# The dispatcher loads the HTTP client: a pool that is only configured, as when Dagster loads its
# definitions, does without it.
if TYPE_CHECKING:
    from resources.llama_server_pool.health.supervisor import Supervisor
    from resources.llama_server_pool.reports import BatchResult, EndpointStatus

EMBEDDED_OUTAGE_SECONDS = 60.0
"""Longest wait for an embedded server that is alive but does not answer, in seconds."""


class EndpointConfig(Endpoint, Config):
    """An endpoint as a Dagster config: a resource can nest only Dagster's own classes."""


class LlamaServerPool(PoolOptions[EndpointConfig], ConfigurableResource[None]):
    """Any number of OpenAI-compatible servers that work on one batch after another.

    Without configured endpoints, the embedded server is started on first use and released at
    teardown. Nothing is opened at setup: a fault is one of the step that meets it.

    Raises:
        ConfigurationError: Two endpoints share a name or serve different models, or the environment
            variable of a key is not set.
    """

    log_dir: str = Field(default="logs", description="Folder for the embedded server's log.")
    outage_remedy: str = Field(
        default="",
        description="The project's own advice to users when no endpoint is left.",
    )
    ledger: ResourceDependency[GenerationLedger]

    _lock: threading.Lock = PrivateAttr(default_factory=threading.Lock)
    _policy: DispatchPolicy = PrivateAttr(default_factory=DispatchPolicy)
    _loop: LoopThread | None = PrivateAttr(default=None)
    _supervisor: "Supervisor | None" = PrivateAttr(default=None)
    _left_out: frozenset[str] = PrivateAttr(default=frozenset())
    _embedded: bool = PrivateAttr(default=False)

    def __init__(self, **values: Any) -> None:
        if "endpoints" in values:
            endpoints = read_endpoints(values["endpoints"])
            values = {
                **values,
                "endpoints": [EndpointConfig(**one.model_dump()) for one in endpoints],
            }
        super().__init__(**values)

    def model_post_init(self, context: Any, /) -> None:
        """Refuse a configuration that cannot work, before anything starts."""
        super().model_post_init(context)
        _check_unique(self.endpoints)
        _keys(self.endpoints)
        for one in self.endpoints:
            header_values(one)
        if self.model is None:
            self._common_model()

    @property
    def is_embedded(self) -> bool:
        """Whether the embedded server is used."""
        return not self.endpoints

    def teardown_after_execution(self, _context: InitResourceContext) -> None:
        """Close all connections and release the embedded server."""
        self.close()

    def generate(
        self,
        requests: Sequence[GenerationRequest],
        *,
        accept: Judge | None = None,
        attempts: int = 1,
        granted: Mapping[str, int] | None = None,
        ask_again: NextAttempt | None = None,
        leave_out: Collection[str] = (),
        title: str = "",
    ) -> "BatchResult":
        """Return the outcome of every request, from the ledger or from a server.

        Args:
            requests: What to generate; subjects must be unique.
            accept: Says whether an answer is usable. An answer that is not, or that was cut off at
                its maximum length, leads to a content attempt with other sampling, elsewhere first.
                An endpoint whose answers are refused far more often than those of its neighbours is
                taken out of service for a while.
            attempts: Content attempts per request; the answer of the last one is the outcome,
                usable or not.
            granted: Content attempts of the subjects that were granted more.
            ask_again: Makes a content attempt from the request and its unusable answer; by default
                with another seed and a higher temperature.
            leave_out: Names of endpoints that take no part in this batch.
            title: Title of the work on the progress board.

        Returns:
            The outcomes by subject, and what they cost.

        Raises:
            ValueError: Two requests have the same subject.
            NoEndpointLeft: Every endpoint was out of service for longer than the outage timeout;
                all answers so far are in the ledger.
            EmbeddedServerError: The embedded server died.
            ConfigurationError: The servers serve different models, none names its model, or an
                endpoint to leave out is unknown or the last one.
            LedgerError: The ledger cannot be read or written.
        """
        from resources.llama_server_pool.dispatch.dispatcher import Dispatcher
        from resources.llama_server_pool.dispatch.order import BatchOrder

        _check_subjects(requests)
        with self._lock, BOARD.begin(title or "generations", len(requests)) as progress:
            loop, supervisor = self._open(frozenset(leave_out))
            leases = SlotLeases(
                self.ledger.database, self._policy.lease_seconds, self._policy.lease_rotation
            )
            order = BatchOrder(
                requests,
                accept,
                attempts,
                self.outage_timeout_seconds,
                granted or {},
                ask_again,
            )
            if self.is_embedded:  # no one will restart it
                timeout = min(self.outage_timeout_seconds, EMBEDDED_OUTAGE_SECONDS)
                order = replace(order, outage_timeout=timeout, may_return=embedded.check)
            try:
                return loop.run(Dispatcher(supervisor, self.ledger, leases, order, progress).run())
            except NoEndpointLeft as error:
                remedy = self.outage_remedy or error.remedy
                raise NoEndpointLeft(
                    error.what,
                    where=error.where,
                    remedy=remedy,
                    endpoints=error.endpoints,
                    may_pass=error.may_pass,
                ) from error

    def describe(self) -> "list[EndpointStatus]":
        """Ask every endpoint what it serves and how fast it answers; does not start a batch."""
        from resources.llama_server_pool.health.status import look_at

        with self._lock:
            loop, supervisor = self._open()

            async def look() -> "list[EndpointStatus]":
                endpoints = supervisor.endpoints.values()
                return list(
                    await asyncio.gather(
                        *(look_at(endpoint, self._policy) for endpoint in endpoints)
                    )
                )

            return loop.run(look())

    def close(self) -> None:
        """Close all connections and release the embedded server; a later call reopens them."""
        loop, supervisor = self._loop, self._supervisor
        self._loop = self._supervisor = None
        try:
            if loop is not None and supervisor is not None:
                loop.run(supervisor.close())
                loop.close()
        finally:
            if self._embedded:
                self._embedded = False
                embedded.release()

    def _open(self, leave_out: frozenset[str] = frozenset()) -> "tuple[LoopThread, Supervisor]":
        from resources.llama_server_pool.health.supervisor import Supervisor

        endpoints: list[Endpoint] = [*remaining_endpoints(self.endpoints, leave_out)]
        if leave_out != self._left_out:
            self.close()  # other endpoints: what was learned of the fleet is learned anew
            self._left_out = leave_out
        if self._loop is None or self._supervisor is None:
            keys = _keys(endpoints)
            if self.is_embedded:
                endpoints = [embedded.acquire(Path(self.log_dir))]
                self._embedded = True
            model = self.model or self._common_model(self.endpoints or endpoints)
            self._supervisor = Supervisor(
                endpoints, keys, model, self.unenforced_schema, self._policy
            )
            self._loop = LoopThread("llama-server-pool", self._policy.closing_seconds)
        return self._loop, self._supervisor

    def _common_model(self, endpoints: Sequence[Endpoint] | None = None) -> str | None:
        """Return the model that the endpoints' configuration names, if any does."""
        named = {one.name: one.model for one in endpoints or self.endpoints if one.model}
        if len(set(named.values())) > 1:
            from resources.llama_server_pool.health.model_identity import refuse_models

            refuse_models(named)
        return next(iter(named.values()), None)


def _check_unique(endpoints: Sequence[Endpoint]) -> None:
    names: set[str] = set()
    urls: dict[str, str] = {}
    for one in endpoints:
        if one.name in names:
            raise ConfigurationError(
                "another endpoint has the same name.",
                where=f"endpoint {one.name!r}, field name",
                remedy="Give every endpoint its own name.",
            )
        if one.url in urls:
            raise ConfigurationError(
                f"endpoint {urls[one.url]!r} is the same server.",
                where=f"endpoint {one.name!r}, field url",
                remedy="List every server once; set `slots` to the number of parallel requests.",
            )
        names.add(one.name)
        urls[one.url] = one.name


def _keys(endpoints: Sequence[Endpoint]) -> dict[str, str]:
    """Return the API keys by endpoint name."""
    keys: dict[str, str] = {}
    for endpoint in endpoints:
        field = "api_key_env" if endpoint.api_key_env is not None else "api_key_file"
        key = read_secret(
            "the server's API key",
            where=f"endpoint {endpoint.name!r}, field {field}",
            variable=endpoint.api_key_env,
            file=endpoint.api_key_file,
        )
        if key is not None:
            keys[endpoint.name] = key
    return keys


def _check_subjects(requests: Sequence[GenerationRequest]) -> None:
    counted = Counter(request.subject for request in requests)
    doubled = [subject for subject, count in counted.items() if count > 1]
    if doubled:
        raise ValueError(f"{len(doubled)} subjects are not unique, e.g. {doubled[0]!r}")
