"""Incoming requests: those with an answer in the ledger, and equal ones that share an answer.

Requests are equal when they ask the same model the same thing, even about different subjects. The
first of them is sent; the others wait for its answer (they are coalesced).
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from resources.generation import Generation, GenerationRequest
from resources.generation_ledger.keys import generation_key
from resources.llama_server_pool.dispatch.writer import Ledger


class LookedUp(NamedTuple):
    """New requests after the ledger lookup.

    Attributes:
        known: Requests that have an answer in the ledger, with that answer.
        fresh: Requests to be sent.
        outgrown: Contexts in tokens that were too small for fresh requests, by subject: answers
            to what such a context held of them were thrown away.
    """

    known: list[tuple[GenerationRequest, Generation]]
    fresh: list[GenerationRequest]
    outgrown: dict[str, int]


class Intake:
    """The requests of one batch that were not looked up yet, and those that share an answer.

    Args:
        ledger: Where known answers come from.
        requests: The requests to begin with.
    """

    def __init__(self, ledger: Ledger, requests: Iterable[GenerationRequest]) -> None:
        self._ledger = ledger
        self._new = list(requests)
        self._coalesced: dict[str, list[GenerationRequest]] = {}

    def __len__(self) -> int:
        return len(self._new)

    def add(self, request: GenerationRequest) -> None:
        """Add one request."""
        self._new.append(request)

    async def look_up(self, model: str) -> LookedUp:
        """Look all new requests up in the ledger.

        Raises:
            LedgerError: The ledger cannot be read.
        """
        requests, self._new = self._new, []
        known = await asyncio.to_thread(self._ledger.lookup, requests, model)
        fresh = [one for one in requests if one.subject not in known and self._is_first(one, model)]
        outgrown = await asyncio.to_thread(self._ledger.outgrown, fresh, model)
        return LookedUp(
            [(one, known[one.subject]) for one in requests if one.subject in known],
            fresh,
            outgrown,
        )

    def take_coalesced(self, request: GenerationRequest, model: str) -> Sequence[GenerationRequest]:
        """Remove and return the requests that waited for the answer to this one."""
        _, *others = self._coalesced.pop(generation_key(request, model))
        return others

    def _is_first(self, request: GenerationRequest, model: str) -> bool:
        """Whether no equal request is open; otherwise this one waits for the other's answer."""
        equal = self._coalesced.setdefault(generation_key(request, model), [])
        equal.append(request)
        return len(equal) == 1
