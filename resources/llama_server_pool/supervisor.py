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
from resources.llama_server_pool.accounting import EndpointAccount
from resources.llama_server_pool.breaker import BreakerState
from resources.llama_server_pool.client import EndpointClient, ServerFacts
from resources.llama_server_pool.endpoint import EndpointConfig
from resources.llama_server_pool.faults import Disposition, EndpointFault
from resources.llama_server_pool.member import NO_SIGN_OF_LIFE, Member, new_member
from resources.llama_server_pool.policy import DispatchPolicy
from resources.llama_server_pool.probes import SPEED_PROBE
from resources.llama_server_pool.request import Fault
from resources.llama_server_pool.scheduler import EndpointProfile, Scheduler, Usage

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
        configs: Sequence[EndpointConfig],
        keys: Mapping[str, str],
        model: str | None,
        unenforced: Unenforced,
        policy: DispatchPolicy,
    ) -> None:
        self.policy = policy
        self.model = model
        self.jitter = random.Random()  # noqa: S311 - spreads retries, guards nothing
        self.members = {
            config.name: new_member(
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

    def serving_members(self, now: float) -> list[Member]:
        """Return the endpoints that take requests and can be trusted to answer them."""
        return [member for member in self.members.values() if member.serving(now)]

    @property
    def all_dismissed(self) -> bool:
        """Whether no endpoint can come back in this batch."""
        return all(member.dismissed for member in self.members.values())

    def prepare(self, *, needs_schema: bool) -> None:
        """Start a batch with fresh accounts, and give dismissed endpoints another chance.

        Args:
            needs_schema: Whether any request carries a JSON schema.
        """
        self.needs_schema = needs_schema
        for member in self.members.values():
            member.account = EndpointAccount()
            member.dismissed = None
            if needs_schema and member.enforces_schema is False:
                self._note_unenforced(member)

    def identify(self) -> str | None:
        """Return the identity of the model, once it is known.

        Raises:
            ConfigurationError: Two servers serve different models, or none says which.
        """
        if self.model is None and all(member.has_said_all for member in self.members.values()):
            told = {
                member.name: _plain(member.facts.model)
                for member in self.members.values()
                if member.facts is not None and member.facts.model
            }
            if len(set(told.values())) > 1:
                refuse_models(told)
            if not told and any(member.tried_out for member in self.members.values()):
                raise ConfigurationError(
                    "no server says which model it serves.",
                    where="pool.model",
                    remedy="Name the model: answers are kept under its name.",
                )
            self.model = next(iter(told.values()), None)
        return self.model

    def learn_context(self, member: Member, context: int) -> None:
        """Tell the scheduler how long a prompt an endpoint takes."""
        self._stranded += self.scheduler.set_context(member.name, context, self.now())

    def take_stranded(self) -> list[str]:
        """Return the jobs given up since the last call because they fit no endpoint any more."""
        stranded, self._stranded = self._stranded, []
        return stranded + self.scheduler.take_stranded()

    async def close(self) -> None:
        """Close all connections."""
        await asyncio.gather(*(member.client.close() for member in self.members.values()))

    async def tend(self, member: Member, changed: Callable[[], None]) -> None:
        """Look after one endpoint until cancelled.

        Args:
            member: The endpoint.
            changed: Called after every change of its state.
        """
        while True:
            self.apply(member)
            changed()
            pause = await self._next_step(member)
            if pause != 0:
                await self._rest(member, pause)

    async def _next_step(self, member: Member) -> float | None:
        """Do what the state of the endpoint calls for; returns how long to rest after that."""
        now = self.now()
        opened = member.breaker.state is BreakerState.open
        if member.dismissed:
            return None
        if member.loading:
            await asyncio.sleep(self.policy.loading_poll)
        elif opened and now < member.breaker.retry_at:
            return member.breaker.retry_at - now
        elif now < member.paused_until:
            return member.paused_until - now
        if member.facts is None or member.loading or opened:
            work = self._meet(member)
        elif member.suspect:
            work = self._ask_health(member)
        elif member.untried(needs_schema=self.needs_schema) and member.leased != 0:
            work = self._try_out(member, member.facts)
        elif member.quiet(now):
            work = self._feel_pulse(member)
        else:
            return self.policy.quiet_seconds
        await self._guarded(member, work)
        return 0

    async def _rest(self, member: Member, pause: float | None) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(pause):
                await member.changed.wait()
        member.changed.clear()

    async def _guarded(self, member: Member, work: Coroutine[Any, Any, None]) -> None:
        """Await a probe; whatever goes wrong with it keeps the endpoint out of service."""
        try:
            await work
        except TimeoutError:
            fault = EndpointFault("probe_timeout", "no answer to a probe", Disposition.server)
            member.take(fault, "", self.now())
        except EndpointFault as fault:
            if fault.disposition not in _NOT_A_SERVER_FAULT:
                fault.disposition = Disposition.server
            member.take(fault, "", self.now())
        finally:
            member.tried = True

    async def _meet(self, member: Member) -> None:
        """Ask the server who it is: at first, and after every outage, since it may have changed."""
        async with asyncio.timeout(self.policy.probe_timeout):
            self._learn(member, await member.client.greet())
        if not member.tried:
            member.proven = True
        member.loading = False
        member.breaker.trial()
        self._is_well(member)

    async def _ask_health(self, member: Member) -> None:
        async with asyncio.timeout(self.policy.probe_timeout):
            await member.client.probe()
        self._is_well(member)

    async def _feel_pulse(self, member: Member) -> None:
        """Ask a server that is silent over its work whether it is still there; twice, to be sure.

        A host that loses its power or its network resets no connection. Any answer, be it an error,
        shows that it is there.
        """
        asked = self.now()
        for is_last in (False, True):
            try:
                await self._ask_health(member)
            except (TimeoutError, EndpointFault) as fault:
                if isinstance(fault, EndpointFault) and fault.kind not in NO_SIGN_OF_LIFE:
                    member.heard = self.now()
                elif is_last:
                    member.gone_since = asked
                    raise
                else:
                    continue
            return

    def _is_well(self, member: Member) -> None:
        member.suspect, member.gone_since, member.heard = False, None, self.now()

    def _learn(self, member: Member, facts: ServerFacts) -> None:
        self._check_model(member, facts)
        member.facts = facts
        if facts.context and not member.config.context:
            self.learn_context(member, facts.context)

    def _check_model(self, member: Member, facts: ServerFacts) -> None:
        """Leave out a server that comes late and serves another model than the others."""
        told = facts.model
        if self.model and told and member.client.model is None and _plain(told) != self.model:
            detail = f"it serves the model {told!r}, the pool {self.model!r}"
            raise EndpointFault("wrong_model", detail, Disposition.auth)

    async def _try_out(self, member: Member, facts: ServerFacts) -> None:
        """Let the endpoint generate a few tokens before work is entrusted to it.

        A server can be healthy and hang at every completion, or take a schema and ignore it.
        """
        member.trial_began = self.now()
        member.account.start(member.trial_began)
        try:
            async with asyncio.timeout(self.policy.trial_timeout):
                facts = await member.client.examine(facts)
                self._learn(member, facts)
                completion = None
                if self.needs_schema and member.enforces_schema is None:
                    member.enforces_schema, completion = await member.client.try_schema(facts)
                    if not member.enforces_schema:
                        self._note_unenforced(member)
                if completion is None:
                    completion = await member.client.complete(SPEED_PROBE, lambda _: None, facts)
        finally:
            member.account.end(self.now())
        # Its prompt is too short to tell the speed of prefill.
        tokens = completion.generation.completion_tokens
        usage = Usage(0, 0, tokens, 0.0, completion.decode_seconds)
        self.scheduler.observe(member.name, usage)
        member.passed_trial()

    def _note_unenforced(self, member: Member) -> None:
        detail = "it ignores or refuses JSON schemas, so its answers need repair"
        logger.warning("%s: %s (setting: %s).", member.name, detail, self._unenforced)
        if self._unenforced == "leave_out":
            member.dismissed = member.last_fault = Fault(member.name, "schema_not_enforced", detail)

    def apply(self, member: Member) -> None:
        """Tell the scheduler the slots of an endpoint in its present state."""
        if member.facts is None:
            return
        now = self.now()
        untried = member.untried(needs_schema=self.needs_schema)
        slots = 0 if untried else member.slots_granted(now)
        if self._slots.get(member.name) != slots:
            self._slots[member.name] = slots
            self.scheduler.set_slots(member.name, slots, now)


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
