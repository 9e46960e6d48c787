"""Two names of one sentence may still have nothing to do with each other."""

from __future__ import annotations

import pytest

from relgen_assets.extraction.evidence import EvidenceText, Fault


@pytest.mark.parametrize(
    ("sentence", "source", "target"),
    [
        ("Sea otters hunt at dawn; kelp forests grow in spring.", "Sea otters", "kelp forests"),
        ("Sea otters hunt at dawn, whereas kelp forests grow.", "Sea otters", "kelp forests"),
        ("Network A includes long fibres and generates dense maps.", "long fibres", "dense maps"),
        ("Network A predicts the signals better than network B.", "signals", "network B"),
        ("It could be asked whether method A provides a hierarchy.", "method A", "hierarchy"),
        ("These platforms give no simple access to matrix elements between outer orbitals.",
         "matrix elements", "outer orbitals"),
        ("The aim of this paper is the modelling of sand by relaxation methods.",
         "relaxation methods", "sand"),
        ("Enlightened by the loyalty of players, this article explores casinos.", "players",
         "casinos"),
        ("Tree A is uncertain, and the second tree is the best estimate.", "Tree A",
         "second tree"),
        ("Causes did not differ between the six groups, and the deaths in excess mortality rose.",
         "six groups", "excess mortality"),
        ("The cases chosen to illustrate differences had high scores.", "differences",
         "high scores"),
        ("Early failure on a regimen of drug A is associated with mutation B.", "drug A",
         "mutation B"),
        ("Samples of serum from otters were frozen at night.", "Samples", "serum"),
        ("Levels of protein A compared with the control group were high.", "protein A",
         "control group"),
        ("The plot relating levels of protein A to groups is shown in Figure 2.", "plot",
         "protein A"),
        ("The approach, unlike method A, prevents the loss of signal B.", "method A", "signal B"),
        ("They describe the uptake of sugar A by other cells in brain tissue at rate B.", "sugar A",
         "rate B"),
        ("We took estimates of mortality, by age, from a model.", "mortality", "age"),
        ("It is known that its interaction with gene A is essential for trait B.", "gene A",
         "trait B"),
        ("In general this nilpotent map yields a trivial homology.", "nilpotent map", "homology"),
        ("Results indicated a difference between the mild groups.", "Results", "mild groups"),
    ],
)  # fmt: skip
def test_names_in_statements_of_their_own_are_not_related(
    sentence: str, source: str, target: str
) -> None:
    finding = EvidenceText(sentence).examine(sentence, [source], [target])
    assert finding.fault is Fault.NOT_RELATED


@pytest.mark.parametrize(
    ("sentence", "source", "target"),
    [
        ("Sea otters hunt at dawn, while eating sea urchins.", "Sea otters", "sea urchins"),
        ("However, this method is limited by noise, which results in false trends.", "noise",
         "false trends"),
        ("Method A converges faster than method B.", "Method A", "method B"),
        ("Geometric maps lack meaning, which causes failures in dark rooms.", "Geometric maps",
         "dark rooms"),
        ("Plants absorb nitrate and ammonium.", "Plants", "ammonium"),
        ("Treatment with drug A reduces protein B.", "drug A", "protein B"),
        ("Mutations in gene A cause disease B.", "gene A", "disease B"),
        ("The correlation of protein A with protein B was strong.", "protein A", "protein B"),
        ("The map is known, and this map yields a trivial homology.", "map", "homology"),
        ("We apply method A to the problem of task B.", "method A", "task B"),
        ("In mice, drug A reduces protein B.", "drug A", "protein B"),
    ],
)  # fmt: skip
def test_names_that_one_statement_joins_are_related(
    sentence: str, source: str, target: str
) -> None:
    finding = EvidenceText(sentence).examine(sentence, [source], [target])
    assert finding.fault is None


def test_of_several_names_those_count_that_a_verb_joins() -> None:
    sentence = "The memory effect is related to an accommodation of large strains."
    finding = EvidenceText(sentence).examine(
        sentence, ["large strains", "memory effect"], ["accommodation"]
    )
    assert (finding.fault, finding.sources) == (None, ("memory effect",))


@pytest.mark.parametrize(
    ("sentence", "source", "target"),
    [
        ("Hybrid devices overlap ion currents with lasers.", "ion", "lasers"),
        ("Network models simplify complex systems.", "networks", "complex systems"),
        ("Different diets affect the value of the index.", "diets", "value"),
    ],
)
def test_a_word_cut_out_of_a_longer_name_is_not_named(
    sentence: str, source: str, target: str
) -> None:
    finding = EvidenceText(sentence).examine(sentence, [source], [target])
    assert finding.fault is Fault.SIDE_NOT_NAMED


def test_a_text_that_names_two_in_clauses_of_their_own_does_not_relate_them() -> None:
    text = "No matter what strategy the player offers, the casino only cares about profit."
    said = EvidenceText(text).examine("The player offers the casino.", ["player"], ["casino"])
    assert said.fault is Fault.NOT_STATED
