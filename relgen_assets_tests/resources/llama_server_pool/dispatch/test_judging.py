"""Judging: off the event loop, once an answer, and never for ever."""

from __future__ import annotations

import asyncio
import threading
import time

import pytest

from relgen_assets_tests.resources.generation_ledger.samples import a_request, an_answer
from resources.generation import Generation, Judge, Verdict
from resources.llama_server_pool.dispatch.judging import TOO_SLOW, Judging
from resources.llama_server_pool.dispatch.order import BatchOrder

ANSWER = an_answer(a_request(1))


def judging(accept: Judge | None, limit: float = 5.0) -> Judging:
    return Judging(BatchOrder([], accept, 1, 0.0), limit)


def test_an_answer_is_judged_once() -> None:
    seen: list[Generation] = []

    def accept(answer: Generation) -> Verdict:
        seen.append(answer)
        return Verdict(usable=False, reason="odd")

    async def twice() -> list[Verdict]:
        verdicts = judging(accept)
        return [await verdicts.verdict(ANSWER), await verdicts.verdict(ANSWER)]

    assert asyncio.run(twice()) == [Verdict(usable=False, reason="odd")] * 2
    assert seen == [ANSWER]


def test_the_loop_goes_on_while_an_answer_is_judged() -> None:
    go_on = threading.Event()

    async def judge() -> bool:
        verdicts = judging(lambda _: go_on.wait(10))
        work = asyncio.create_task(verdicts.verdict(ANSWER))
        await asyncio.sleep(0.01)
        go_on.set()  # the loop is free, or this would never be reached in time
        return (await work).usable

    assert asyncio.run(judge())


def test_an_answer_that_is_judged_too_slowly_is_not_used_and_holds_up_nothing() -> None:
    stuck = threading.Event()

    def accept(answer: Generation) -> bool:
        return stuck.wait(10) if answer.subject == "slow" else True

    async def judge() -> list[Verdict]:
        verdicts = judging(accept, limit=0.05)
        slow = [an_answer(a_request(1), subject="slow", text=str(number)) for number in range(3)]
        return [await verdicts.verdict(one) for one in (*slow, ANSWER)]

    began = time.monotonic()
    try:
        *slow, good = asyncio.run(judge())
    finally:
        stuck.set()
    assert {(one.usable, one.reason) for one in slow} == {(False, TOO_SLOW)}
    assert good.usable
    assert time.monotonic() - began < 5


def test_what_the_caller_raises_is_raised() -> None:
    def accept(_: Generation) -> bool:
        raise KeyError("a bug")

    with pytest.raises(KeyError):
        asyncio.run(judging(accept).verdict(ANSWER))


def test_without_a_judge_every_complete_answer_is_usable() -> None:
    async def judge() -> list[bool]:
        cut = an_answer(a_request(1), finish_reason="length")
        return [(await judging(None).verdict(one)).usable for one in (ANSWER, cut)]

    assert asyncio.run(judge()) == [True, False]
