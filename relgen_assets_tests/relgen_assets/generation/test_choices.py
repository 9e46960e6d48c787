"""What an answer may choose from is as much as is wanted, and no more than servers can read."""

from __future__ import annotations

import json
from typing import Any

import pytest

from relgen_assets.generation.choices import LONGEST_SCHEMA, Choice, answer_schema, choice_of
from relgen_assets.rows.models import Mode
from relgen_assets.settings import AnswerBounds, ExtractionSettings

SYLLABLES = ("Bra", "dol", "fen", "gim", "kor", "lus", "mat", "nev", "pol", "rid")
NAMES = [f"{a}{b}{c}in" for a in SYLLABLES for b in SYLLABLES for c in SYLLABLES[:3]]
TEXT = " ".join(f"{one} binds {other}." for one, other in zip(NAMES[::2], NAMES[1::2], strict=True))


def chosen(mode: Mode, most: int) -> tuple[Choice, dict[str, Any]]:
    choice = choice_of(TEXT, mode, ExtractionSettings(max_candidates=most), None)
    bounds = AnswerBounds(tokens=400, entities=12, relations=8)
    return choice, answer_schema(choice, mode, bounds, quote_evidence=False)


@pytest.mark.parametrize("mode", ["candidates", "quote"])
@pytest.mark.parametrize("most", [2, 14, 200])
def test_a_schema_stays_within_its_bound_whatever_the_settings_allow(mode: Mode, most: int) -> None:
    _, schema = chosen(mode, most)

    assert len(json.dumps(schema)) <= 1.01 * LONGEST_SCHEMA


def test_as_many_candidates_as_fit_are_the_first_of_those_that_are_wanted() -> None:
    few, some, many = (chosen("candidates", most)[0].terms for most in (2, 14, 200))

    assert (len(few), len(some)) == (2, 14)
    assert 30 < len(many) < 60
    assert set(some) <= set(many)
