"""How many answers of each endpoint could be used."""

from __future__ import annotations

from relgen_assets_tests.resources.generation_ledger.samples import MODEL, a_request, an_answer
from resources.generation import next_attempt
from resources.generation_ledger.keys import generation_key
from resources.generation_ledger.ledger import GenerationLedger
from resources.generation_ledger.verdicts_and_grants import RecordedVerdict
from resources.generation_ledger.yields import EndpointYield


def test_answers_asked_again_or_rejected_were_not_usable(ledger: GenerationLedger) -> None:
    good, garbled, rejected, mended = map(a_request, range(4))
    again = next_attempt(garbled)
    ledger.record(
        [
            (good, an_answer(good, endpoint="gpu-0")),
            (garbled, an_answer(garbled, endpoint="board-1")),
            (again, an_answer(again, endpoint="gpu-0")),
            (rejected, an_answer(rejected, endpoint="gpu-0")),
            (mended, an_answer(mended, endpoint="gpu-0")),
        ]
    )
    for validator, verdict in (("rules-1", "rejected"), ("rules-2", "valid")):
        ledger.record_verdicts([RecordedVerdict(generation_key(mended, MODEL), validator, verdict)])
    ledger.record_verdicts(
        [RecordedVerdict(generation_key(rejected, MODEL), "rules-2", "rejected", "loop")]
    )
    yields = ledger.endpoint_yields()
    assert yields == {"board-1": EndpointYield(1, 1), "gpu-0": EndpointYield(4, 1)}
    assert yields["gpu-0"].usable_share == 0.75


def test_an_empty_ledger_says_nothing(ledger: GenerationLedger) -> None:
    assert ledger.endpoint_yields() == {}
