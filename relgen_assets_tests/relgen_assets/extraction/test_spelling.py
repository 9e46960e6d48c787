"""In what two spellings of a name differ, by the name of the kind."""

from __future__ import annotations

import pytest

from relgen_assets.extraction.identity import identity
from relgen_assets.extraction.spelling import differences
from relgen_assets_tests.relgen_assets.extraction.test_identity import ONE


@pytest.mark.parametrize(
    ("one", "other", "kinds"),
    [
        ("sea otters", "sea otters", []),
        ("Sea otters", "sea otters", ["case"]),
        ("sea otter", "Sea Otters", ["plural", "case"]),
        ("Schrodinger", "Schrödinger", ["accents"]),
        ("covalent sites", "co-valent site", ["plural", "hyphens"]),
        ("scale-invariance", "scale invariance", ["hyphens", "spaces"]),
        ("poly(I:C)", "poly ( i : c )", ["case", "spaces"]),
        ("Ca²⁺", "Ca2+", ["form"]),
        ("Alzheimer's disease", "Alzheimer\u2019s disease", ["form"]),
    ],
)
def test_the_kinds_are_those_that_differ(one: str, other: str, kinds: list[str]) -> None:
    assert identity(one) == identity(other)
    assert [kind.value for kind in differences(one, other)] == kinds


@pytest.mark.parametrize(("one", "other"), ONE)
def test_two_spellings_of_one_name_always_differ_in_something(one: str, other: str) -> None:
    assert differences(one, other)
    assert differences(one, other) == differences(other, one)
