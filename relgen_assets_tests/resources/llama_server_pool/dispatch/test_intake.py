"""Incoming requests: the ledger answers those it knows, and equal ones share one answer."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from relgen_assets_tests.resources.generation_ledger.samples import pairs
from relgen_assets_tests.resources.llama_server_pool.pools import MODEL, ledger_at, question
from resources.generation import GenerationRequest
from resources.llama_server_pool.dispatch.intake import Intake


def subjects(requests: Sequence[GenerationRequest]) -> list[str]:
    return [request.subject for request in requests]


def test_what_the_ledger_knows_is_not_sent(tmp_path: Path) -> None:
    ledger = ledger_at(tmp_path / "ledger.db")
    (known, generation), (unknown, _) = pairs(0, 1)
    ledger.record([(known, generation)])
    intake = Intake(ledger, [known, unknown])
    looked_up = asyncio.run(intake.look_up(generation.model))
    ledger.close()
    assert [request for request, _ in looked_up.known] == [known]
    assert looked_up.fresh == [unknown]
    assert len(intake) == 0


def test_equal_requests_about_other_subjects_wait_for_the_first(tmp_path: Path) -> None:
    ledger = ledger_at(tmp_path / "ledger.db")
    first, second = question(1), replace(question(1), subject="other")
    intake = Intake(ledger, [first, second])
    assert asyncio.run(intake.look_up(MODEL)).fresh == [first]
    third = replace(question(1), subject="late")
    intake.add(third)
    assert asyncio.run(intake.look_up(MODEL)).fresh == []
    ledger.close()
    assert subjects(intake.take_coalesced(first, MODEL)) == ["other", "late"]


def test_a_request_that_comes_after_the_answer_is_sent_again(tmp_path: Path) -> None:
    ledger = ledger_at(tmp_path / "ledger.db")
    intake = Intake(ledger, [question(1)])
    asyncio.run(intake.look_up(MODEL))
    assert intake.take_coalesced(question(1), MODEL) == []
    intake.add(question(1))
    assert asyncio.run(intake.look_up(MODEL)).fresh == [question(1)]
    ledger.close()
