"""All endpoints of a pool, the scheduler that knows them, and one clock for both.

What concerns several endpoints belongs here: the batch they serve, the model they share, and the
slots the scheduler may assign. The loop that looks after one endpoint is `monitor`. Which request
goes where is not decided here.
"""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import Mapping, Sequence
from typing import Literal

from resources.generation import Fault, Verdict
from resources.llama_server_pool.endpoint import Endpoint
from resources.llama_server_pool.health.acceptance import Acceptance
from resources.llama_server_pool.health.endpoint_state import EndpointState
from resources.llama_server_pool.health.model_identity import common_model
from resources.llama_server_pool.health.newcomers import Newcomers
from resources.llama_server_pool.health.prompt_sizes import PromptSizes
from resources.llama_server_pool.policy import DispatchPolicy
from resources.llama_server_pool.scheduling.scheduler import EndpointProfile, Scheduler
from resources.llama_server_pool.servers.client import EndpointClient

logger = logging.getLogger(__name__)

Unenforced = Literal["use", "leave_out"]
"""What to do with an endpoint that ignores JSON schemas."""

_ALWAYS, _NEVER = float("inf"), float("-inf")


class Supervisor:
    """The endpoints of a pool and the scheduler that assigns their slots.

    Args:
        configs: The endpoints.
        keys: API key of each endpoint that has one, by name.
        model: Identity of the model, or `None` to use what the servers say.
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
        self.jitter = random.Random()  # noqa: S311 - spreads retries; no security depends on it
        self.endpoints = {
            config.name: EndpointState(
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
        self.sizes = PromptSizes()
        self.needs_schema = False
        self.has_work = False
        self._unenforced = unenforced
        self._slots: dict[str, int] = {}
        self._held = set[str]()
        self._acceptance = Acceptance(self.endpoints)
        self._newcomers = Newcomers(policy)
        self._stranded: list[str] = []

    @staticmethod
    def now() -> float:
        """Return the time of the pool's clock, in seconds."""
        return time.monotonic()

    def serving_endpoints(self, now: float) -> list[EndpointState]:
        """Return the endpoints that take requests and are trusted to answer them."""
        return [endpoint for endpoint in self.endpoints.values() if endpoint.serving(now)]

    @property
    def all_dismissed(self) -> bool:
        """Whether no endpoint can come back in this batch."""
        return all(endpoint.dismissed for endpoint in self.endpoints.values())

    def prepare(self, *, needs_schema: bool) -> None:
        """Start a batch with fresh accounts, and readmit dismissed endpoints.

        Args:
            needs_schema: Whether any request carries a JSON schema.
        """
        self.needs_schema = needs_schema
        self.has_work = False
        self._acceptance = Acceptance(self.endpoints)
        self._newcomers = Newcomers(self.policy)
        for endpoint in self.endpoints.values():
            endpoint.batch_began()
            if needs_schema and endpoint.enforces_schema is False:
                self.note_unenforced(endpoint)
            self._expect(endpoint)

    def note_unenforced(self, endpoint: EndpointState) -> None:
        """Warn that an endpoint ignores JSON schemas; leave it out if the settings say so."""
        detail = "it ignores or refuses JSON schemas, so its answers need repair"
        logger.warning("%s: %s (setting: %s).", endpoint.name, detail, self._unenforced)
        if self._unenforced == "leave_out":
            endpoint.dismiss(Fault(endpoint.name, "schema_not_enforced", detail))

    def judged(self, endpoint: EndpointState, attempt: int, verdict: Verdict) -> None:
        """Book the verdict on an answer, and distrust an endpoint that stands out by it.

        Args:
            endpoint: The endpoint that answered.
            attempt: Number of the content attempt; only first ones are compared.
            verdict: The caller's verdict.
        """
        now = self.now()
        endpoint.judged(verdict, now)
        if attempt > 1:
            return
        self._acceptance.judged(endpoint.name, usable=verdict.usable)
        why = "" if verdict.usable else self._acceptance.stands_out(endpoint.name)
        if why and endpoint.serving(now):
            logger.warning("%s: %s; it gets one request at a time.", endpoint.name, why)
            endpoint.distrust(why, now)

    def review_doubts(self) -> None:
        """Hold back endpoints without any usable answer, until their neighbours can be compared.

        None is held back unless a neighbour that is not in doubt itself is at work, or soon is.
        """
        now = self.now()
        doubtful = {name for name in self.endpoints if self._acceptance.is_doubtful(name)}
        at_work = any(
            one.account.running or now < self._expected_until(one, now)
            for one in self.endpoints.values()
            if one.name not in doubtful
        )
        held = doubtful if at_work else set[str]()
        changed, self._held = self._held ^ held, held
        for name in changed:
            self.apply(self.endpoints[name])

    def work_began(self) -> None:
        """Something has to be generated: endpoints may be tried out from now on."""
        if not self.has_work:
            self.has_work = True
            for endpoint in self.endpoints.values():
                endpoint.changed.set()

    def may_try_out(self, endpoint: EndpointState) -> bool:
        """Return whether a trial of an endpoint serves anything: work, or learning its model."""
        return self.has_work or endpoint.facts is None or endpoint.facts.model is None

    @property
    def is_unknown(self) -> bool:
        """Whether every endpoint was tried, and none has ever said what it serves."""
        return all(one.tried and one.facts is None for one in self.endpoints.values())

    def identify(self) -> str | None:
        """Return the identity of the model, once it is known.

        Raises:
            ConfigurationError: Two servers serve different models, or none names its model.
        """
        if self.model is None:
            self.model = common_model(list(self.endpoints.values()))
        return self.model

    def learn_context(self, endpoint: EndpointState, context: int) -> None:
        """Report the context of an endpoint, in tokens, to the scheduler."""
        self._stranded += self.scheduler.set_context(endpoint.name, context, self.now())

    def take_stranded(self) -> list[str]:
        """Return the requests dropped since the last call because they no longer fit anywhere."""
        stranded, self._stranded = self._stranded, []
        return stranded + self.scheduler.take_stranded()

    def apply(self, endpoint: EndpointState) -> None:
        """Report the slots of an endpoint in its current state to the scheduler."""
        self._expect(endpoint)
        if endpoint.facts is None:
            return
        now = self.now()
        on_trial = endpoint.needs_trial(needs_schema=self.needs_schema)
        held = on_trial or endpoint.name in self._held
        slots = 0 if held else endpoint.slots_granted(now)
        if self._slots.get(endpoint.name) != slots:
            self._slots[endpoint.name] = slots
            self.scheduler.set_slots(endpoint.name, slots, now)

    def _expect(self, endpoint: EndpointState) -> None:
        """Report to the scheduler how long an endpoint without slots is worth waiting for."""
        self.scheduler.expect(endpoint.name, self._expected_until(endpoint, self.now()))

    def _expected_until(self, endpoint: EndpointState, now: float) -> float:
        """Return until when an endpoint without slots is worth waiting for.

        One that is held back gets its slots again as soon as its neighbours have nothing else to
        do, so no limit is needed.
        """
        until = self._newcomers.until(endpoint, now, needs_schema=self.needs_schema)
        if until is None:
            granted = endpoint.name in self._held and endpoint.slots_granted(now) > 0
            until = _ALWAYS if granted else _NEVER
        return until

    async def close(self) -> None:
        """Close all connections."""
        await asyncio.gather(*(endpoint.client.close() for endpoint in self.endpoints.values()))
