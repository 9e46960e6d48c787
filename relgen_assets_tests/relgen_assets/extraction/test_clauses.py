"""Subject, verb and object of plain sentences; nothing of those whose grammar is in doubt."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relgen_assets.extraction.clauses import clauses


def stated(sentence: str) -> list[tuple[str, str]]:
    return [
        (sentence[slice(*one.source)], sentence[slice(*one.target)]) for one in clauses(sentence)
    ]


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("Nitrogenase reduces dinitrogen to ammonia.", [("Nitrogenase", "dinitrogen")]),
        ("Kelp forests are slowly grazed by sea urchins.", [("sea urchins", "Kelp forests")]),
        ("All patients were treated with steroids in spring.", [("steroids", "patients")]),
        ("Most white dwarfs consist of carbon and oxygen.",
         [("white dwarfs", "carbon"), ("white dwarfs", "oxygen")]),
        ("Low stratocumulus clouds cover the cool eastern ocean.",
         [("stratocumulus clouds", "cool eastern ocean")]),
        ("Larvae of Anopheles gambiae develop in small sunlit pools.",
         [("Larvae of Anopheles gambiae", "sunlit pools")]),
        ("Malaria is an infection of red blood cells.",
         [("Malaria", "infection of red blood cells")]),
        ("A user can paste the sequence into the window.", [("user", "sequence")]),
        ("Marine heatwaves can damage the algae and release reactive oxygen species.",
         [("Marine heatwaves", "algae")]),
        ("Severe disease stems mainly from the adhesion of infected cells.",
         [("adhesion of infected cells", "Severe disease")]),
        ("Lithium iron phosphate has the olivine structure, and strong covalent bonds between"
         " phosphorus and oxygen keep its oxygen from escaping.",
         [("Lithium iron phosphate", "olivine structure")]),
    ],
)  # fmt: skip
def test_a_plain_clause_is_read_in_its_direction(
    sentence: str, expected: list[tuple[str, str]]
) -> None:
    assert stated(sentence) == expected


@pytest.mark.parametrize(
    "sentence",
    [
        "The contrast in temperature between east and west supports the Walker circulation.",
        "This cell contains two electrodes.",
        "Material dredged from the white dwarf enriches the ejecta in carbon.",
        "Samples were measured in the quartz \u201cbanjo\u201d cells.",
        "Reef corals do not contain algae.",
        "Five species infect people.",
        "A deflagration gives the star time to expand.",
        "Rapid tests detect histidine-rich protein 2.",
        "Results are shown in Figure 3.",
        "Each alignment was analysed using BEAST.",
        "The pressure reached 1.5 bar.",
        "Reef corals and algae.",
        "",
    ],
)
def test_what_is_involved_or_names_nothing_is_left_alone(sentence: str) -> None:
    assert stated(sentence) == []


@given(st.text(max_size=80))
def test_whatever_is_read_stands_in_the_sentence_and_apart(sentence: str) -> None:
    for clause in clauses(sentence):
        first, second = sorted(clause)
        assert 0 <= first[0] < first[1] <= second[0] < second[1] <= len(sentence)
