"""All endpoints of a pool: bringing them into service, and back after every outage.

One task per endpoint looks after it while a batch runs: it discovers the server, probes whether it
enforces schemas, waits out pauses and loading, tries it again after faults, and tells the scheduler
how many slots there are. Which request goes where is not decided here.
"""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextlib import suppress
from pathlib import PurePath
from typing import Any, Literal

from resources.errors import ConfigurationError
from resources.generation import Fault
from resources.llama_server_pool.endpoint import Endpoint
from resources.llama_server_pool.health.accounting import EndpointAccount
from resources.llama_server_pool.health.breaker import BreakerState
from resources.llama_server_pool.health.endpoint_state import (
    NO_SIGN_OF_LIFE,
    EndpointState,
    new_endpoint_state,
)
from resources.llama_server_pool.policy import DispatchPolicy
from resources.llama_server_pool.scheduling.scheduler import EndpointProfile, Scheduler, Usage
from resources.llama_server_pool.servers.client import EndpointClient, ServerFacts
from resources.llama_server_pool.servers.faults import Disposition, EndpointFault
from resources.llama_server_pool.servers.probes import SPEED_PROBE

logger = logging.getLogger(__name__)

Unenforced = Literal["use", "leave_out"]
"""What to do with an endpoint that ignores JSON schemas."""
_NOT_A_SERVER_FAULT = (Disposition.loading, Disposition.throttled, Disposition.auth)


class Supervisor:
    """The endpoints, the scheduler that knows them, and one clock for both.

    Args:
        configs: The endpoints.
        keys: API key of each endpoint that has one, by name.
        model: Identity of the model, or `None` to take what the servers say.
        unenforced: What to do with an endpoint that ignores JSON schemas.
        policy: The dispatcher's constants.
    """

    def __init__(
        self,
        configs: Sequence[Endpoint],
        keys: Mapping[str, str],
        model: str | None,
        unenforced: Unenforced,
        policy: DispatchPolicy,
    ) -> None:
        self.policy = policy
        self.model = model
        self.jitter = random.Random()  # noqa: S311 - spreads retries, guards nothing
        self.endpoints = {
            config.name: new_endpoint_state(
                config,
                EndpointClient(config, model=model, api_key=keys.get(config.name)),
                policy,
                self.jitter,
            )
            for config in configs
        }
        self.scheduler = Scheduler(
            EndpointProfile(config.name, 0, config.context, config.prefill_rate, config.decode_rate)
            for config in configs
        )
        self.needs_schema = False
        self._unenforced = unenforced
        self._slots: dict[str, int] = {}
        self._stranded: list[str] = []

    @staticmethod
    def now() -> float:
        """Return the time of the pool's clock, in seconds."""
        return time.monotonic()

    def serving_endpoints(self, now: float) -> list[EndpointState]:
        """Return the endpoints that take requests and can be trusted to answer them."""
        return [endpoint for endpoint in self.endpoints.values() if endpoint.serving(now)]

    @property
    def all_dismissed(self) -> bool:
        """Whether no endpoint can come back in this batch."""
        return all(endpoint.dismissed for endpoint in self.endpoints.values())

    def prepare(self, *, needs_schema: bool) -> None:
        """Start a batch with fresh accounts, and give dismissed endpoints another chance.

        Args:
            needs_schema: Whether any request carries a JSON schema.
        """
        self.needs_schema = needs_schema
        for endpoint in self.endpoints.values():
            endpoint.account = EndpointAccount()
            endpoint.dismissed = None
            if needs_schema and endpoint.enforces_schema is False:
                self._note_unenforced(endpoint)

    def identify(self) -> str | None:
        """Return the identity of the model, once it is known.

        Raises:
            ConfigurationError: Two servers serve different models, or none says which.
        """
        if self.model is None and all(
            endpoint.has_said_all for endpoint in self.endpoints.values()
        ):
            told = {
                endpoint.name: _plain(endpoint.facts.model)
                for endpoint in self.endpoints.values()
                if endpoint.facts is not None and endpoint.facts.model
            }
            if len(set(told.values())) > 1:
                refuse_models(told)
            if not told and any(endpoint.tried_out for endpoint in self.endpoints.values()):
                raise ConfigurationError(
                    "no server says which model it serves.",
                    where="pool.model",
                    remedy="Name the model: answers are kept under its name.",
                )
            self.model = next(iter(told.values()), None)
        return self.model

    def learn_context(self, endpoint: EndpointState, context: int) -> None:
        """Tell the scheduler how long a prompt an endpoint takes."""
        self._stranded += self.scheduler.set_context(endpoint.name, context, self.now())

    def take_stranded(self) -> list[str]:
        """Return the jobs given up since the last call because they fit no endpoint any more."""
        stranded, self._stranded = self._stranded, []
        return stranded + self.scheduler.take_stranded()

    async def close(self) -> None:
        """Close all connections."""
        await asyncio.gather(*(endpoint.client.close() for endpoint in self.endpoints.values()))

    async def tend(self, endpoint: EndpointState, changed: Callable[[], None]) -> None:
        """Look after one endpoint until cancelled.

        Args:
            endpoint: The endpoint.
            changed: Called after every change of its state.
        """
        while True:
            self.apply(endpoint)
            changed()
            pause = await self._next_step(endpoint)
            if pause != 0:
                await self._rest(endpoint, pause)

    async def _next_step(self, endpoint: EndpointState) -> float | None:
        """Do what the state of the endpoint calls for; returns how long to rest after that."""
        now = self.now()
        opened = endpoint.breaker.state is BreakerState.open
        if endpoint.dismissed:
            return None
        if endpoint.loading:
            await asyncio.sleep(self.policy.loading_poll)
        elif opened and now < endpoint.breaker.retry_at:
            return endpoint.breaker.retry_at - now
        elif now < endpoint.paused_until:
            return endpoint.paused_until - now
        if endpoint.facts is None or endpoint.loading or opened:
            work = self._meet(endpoint)
        elif endpoint.suspect:
            work = self._ask_health(endpoint)
        elif endpoint.untried(needs_schema=self.needs_schema) and endpoint.leased != 0:
            work = self._try_out(endpoint, endpoint.facts)
        elif endpoint.quiet(now):
            work = self._feel_pulse(endpoint)
        else:
            return self.policy.quiet_seconds
        await self._guarded(endpoint, work)
        return 0

    async def _rest(self, endpoint: EndpointState, pause: float | None) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(pause):
                await endpoint.changed.wait()
        endpoint.changed.clear()

    async def _guarded(self, endpoint: EndpointState, work: Coroutine[Any, Any, None]) -> None:
        """Await a probe; whatever goes wrong with it keeps the endpoint out of service."""
        try:
            await work
        except TimeoutError:
            fault = EndpointFault("probe_timeout", "no answer to a probe", Disposition.server)
            endpoint.take(fault, "", self.now())
        except EndpointFault as fault:
            if fault.disposition not in _NOT_A_SERVER_FAULT:
                fault.disposition = Disposition.server
            endpoint.take(fault, "", self.now())
        finally:
            endpoint.tried = True

    async def _meet(self, endpoint: EndpointState) -> None:
        """Ask the server who it is: at first, and after every outage, since it may have changed."""
        async with asyncio.timeout(self.policy.probe_timeout):
            self._learn(endpoint, await endpoint.client.greet())
        if not endpoint.tried:
            endpoint.proven = True
        endpoint.loading = False
        endpoint.breaker.trial()
        self._is_well(endpoint)

    async def _ask_health(self, endpoint: EndpointState) -> None:
        async with asyncio.timeout(self.policy.probe_timeout):
            await endpoint.client.probe()
        self._is_well(endpoint)

    async def _feel_pulse(self, endpoint: EndpointState) -> None:
        """Ask a server that is silent over its work whether it is still there; twice, to be sure.

        A host that loses its power or its network resets no connection. Any answer, be it an error,
        shows that it is there.
        """
        asked = self.now()
        for is_last in (False, True):
            try:
                await self._ask_health(endpoint)
            except (TimeoutError, EndpointFault) as fault:
                if isinstance(fault, EndpointFault) and fault.kind not in NO_SIGN_OF_LIFE:
                    endpoint.heard = self.now()
                elif is_last:
                    endpoint.gone_since = asked
                    raise
                else:
                    continue
            return

    def _is_well(self, endpoint: EndpointState) -> None:
        endpoint.suspect, endpoint.gone_since, endpoint.heard = False, None, self.now()

    def _learn(self, endpoint: EndpointState, facts: ServerFacts) -> None:
        self._check_model(endpoint, facts)
        endpoint.facts = facts
        if facts.context and not endpoint.config.context:
            self.learn_context(endpoint, facts.context)

    def _check_model(self, endpoint: EndpointState, facts: ServerFacts) -> None:
        """Leave out a server that comes late and serves another model than the others."""
        told = facts.model
        if self.model and told and endpoint.client.model is None and _plain(told) != self.model:
            detail = f"it serves the model {told!r}, the pool {self.model!r}"
            raise EndpointFault("wrong_model", detail, Disposition.auth)

    async def _try_out(self, endpoint: EndpointState, facts: ServerFacts) -> None:
        """Let the endpoint generate a few tokens before work is entrusted to it.

        A server can be healthy and hang at every completion, or take a schema and ignore it.
        """
        endpoint.trial_began = self.now()
        endpoint.account.start(endpoint.trial_began)
        try:
            async with asyncio.timeout(self.policy.trial_timeout):
                facts = await endpoint.client.examine(facts)
                self._learn(endpoint, facts)
                completion = None
                if self.needs_schema and endpoint.enforces_schema is None:
                    endpoint.enforces_schema, completion = await endpoint.client.try_schema(facts)
                    if not endpoint.enforces_schema:
                        self._note_unenforced(endpoint)
                if completion is None:
                    completion = await endpoint.client.complete(SPEED_PROBE, lambda _: None, facts)
        finally:
            endpoint.account.end(self.now())
        # Its prompt is too short to tell the speed of prefill.
        tokens = completion.generation.completion_tokens
        usage = Usage(0, 0, tokens, 0.0, completion.decode_seconds)
        self.scheduler.observe(endpoint.name, usage)
        endpoint.passed_trial()

    def _note_unenforced(self, endpoint: EndpointState) -> None:
        detail = "it ignores or refuses JSON schemas, so its answers need repair"
        logger.warning("%s: %s (setting: %s).", endpoint.name, detail, self._unenforced)
        if self._unenforced == "leave_out":
            endpoint.dismissed = endpoint.last_fault = Fault(
                endpoint.name, "schema_not_enforced", detail
            )

    def apply(self, endpoint: EndpointState) -> None:
        """Tell the scheduler the slots of an endpoint in its present state."""
        if endpoint.facts is None:
            return
        now = self.now()
        untried = endpoint.untried(needs_schema=self.needs_schema)
        slots = 0 if untried else endpoint.slots_granted(now)
        if self._slots.get(endpoint.name) != slots:
            self._slots[endpoint.name] = slots
            self.scheduler.set_slots(endpoint.name, slots, now)


def _plain(model: str | None) -> str:
    """Return a model's name without the folders and the suffix of its file."""
    return PurePath(model or "").name.removesuffix(".gguf")


def refuse_models(models: Mapping[str, str]) -> None:
    """Raise the error that says which endpoint serves which model.

    Raises:
        ConfigurationError: Always.
    """
    listed = ", ".join(f"{name}: {model}" for name, model in sorted(models.items()))
    raise ConfigurationError(
        f"the endpoints of one pool serve different models ({listed}).",
        where="pool.endpoints",
        remedy="Give every server the same model, or name the common identity in pool.model.",
    )
