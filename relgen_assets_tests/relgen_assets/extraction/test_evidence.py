"""What a text says to a relation: it states it, denies it, turns it around, or is silent."""

from __future__ import annotations

import pytest

from relgen_assets.extraction.evidence import EvidenceText, Fault

TEXT = (
    "Convolutional neural networks (CNNs) outperform the baseline. Warm water lowers the oxygen "
    "level. Iron was not found in the lakes. Kelp forests are grazed by sea urchins. The committee "
    "met in Geneva. It increases the yield of maize."
)


@pytest.mark.parametrize(
    ("description", "source", "target"),
    [
        ("Warm water lowers the oxygen level.", "Warm water", "oxygen level"),
        ("lowers", "Warm water", "oxygen level"),
        ("CNNs outperform the baseline.", "Convolutional neural networks", "baseline"),
        ("Iron was not found in the lakes.", "Iron", "lakes"),
        ("Kelp forests are grazed by sea urchins.", "sea urchins", "Kelp forests"),
        ("Kelp forests are grazed by urchins.", "sea urchins", "Kelp forests"),
    ],
)
def test_what_a_sentence_states_is_supported_and_the_sentence_is_named(
    description: str, source: str, target: str
) -> None:
    finding = EvidenceText(TEXT).examine(description, [source], [target])
    assert (finding.fault, finding.sources, finding.targets) == (None, (source,), (target,))
    ((start, end),) = finding.evidence
    assert source in TEXT[start:end] and TEXT[start:end].endswith(".")


@pytest.mark.parametrize(
    ("description", "source", "target", "fault"),
    [
        ("Dopamine inhibits caffeine.", "Warm water", "oxygen level", Fault.SIDE_NOT_NAMED),
        ("Geneva lowers the oxygen level.", "Geneva", "oxygen level", Fault.NOT_TOGETHER),
        ("Warm water attracts oxygen level experts.", "Warm water", "oxygen level",
         Fault.NOT_STATED),
        ("Iron was found in the lakes.", "Iron", "lakes", Fault.OPPOSITE),
        ("Warm water does not lower the oxygen level.", "Warm water", "oxygen level",
         Fault.OPPOSITE),
        ("The oxygen level lowers warm water.", "oxygen level", "Warm water", Fault.REVERSED),
        ("Warm water lowers the oxygen level.", "oxygen level", "Warm water", Fault.REVERSED),
        ("Kelp forests are grazed by sea urchins.", "Kelp forests", "sea urchins",
         Fault.REVERSED),
    ],
)  # fmt: skip
def test_what_no_sentence_states_has_a_fault(
    description: str, source: str, target: str, fault: Fault
) -> None:
    assert EvidenceText(TEXT).examine(description, [source], [target]).fault is fault


@pytest.mark.parametrize(
    ("sentence", "description", "fault"),
    [
        ("It is open whether iron limits algae in summer.", "Iron limits algae in summer.",
         Fault.NOT_STATED),
        ("If iron limits algae in summer, lakes stay clear.", "Iron limits algae in summer.",
         Fault.NOT_STATED),
        ("Lakes stay clear: iron limits algae in summer.", "Iron limits algae in summer.", None),
    ],
)  # fmt: skip
def test_what_a_sentence_only_supposes_is_not_stated(
    sentence: str, description: str, fault: Fault | None
) -> None:
    finding = EvidenceText(sentence).examine(description, ["iron"], ["algae"])
    assert finding.fault is fault


def test_a_name_inside_another_one_is_no_side_of_its_own() -> None:
    sentence = "Samples of RT were amplified using RT-PCR."
    finding = EvidenceText(sentence).examine(sentence, ["RT-PCR"], ["RT"])
    assert (finding.fault, finding.is_directed) == (None, True)
    turned = EvidenceText(sentence).examine(sentence, ["RT"], ["RT-PCR"])
    assert turned.fault is Fault.REVERSED


def test_an_entity_that_the_description_does_not_name_is_left_out() -> None:
    finding = EvidenceText(TEXT).examine(
        "Warm water lowers the oxygen level.", ["Warm water", "maize"], ["oxygen level"]
    )
    assert (finding.fault, finding.sources) == (None, ("Warm water",))


def test_a_word_of_the_opposite_sense_contradicts() -> None:
    text = EvidenceText("Fertiliser strongly increases the yearly yield of maize in dry soils.")
    said = "Fertiliser strongly decreases the yearly yield of maize in dry soils."
    assert text.examine(said, ["Fertiliser"], ["maize"]).fault is Fault.OPPOSITE


@pytest.mark.parametrize(
    ("description", "is_denied"),
    [
        ("Iron was not found in the lakes.", True),
        ("Warm water lowers the oxygen level.", False),
    ],
)
def test_a_finding_tells_a_denial_from_an_assertion(description: str, is_denied: bool) -> None:
    names = ["Iron", "lakes"] if is_denied else ["Warm water", "oxygen level"]
    finding = EvidenceText(TEXT).examine(description, names[:1], names[1:])
    assert (finding.fault, finding.is_denied) == (None, is_denied)


def test_the_same_words_between_the_names_are_compared_by_their_order() -> None:
    text = EvidenceText("Sensor A is near sensor B.")
    assert text.examine("Sensor A heats sensor B.", ["Sensor A"], ["sensor B"]).fault
    said = text.examine("Sensor A is near sensor B.", ["Sensor A"], ["sensor B"])
    assert said.fault is None


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("The parser is based on the lexicon.", None),
        ("The lexicon uses the parser.", Fault.REVERSED),
    ],
)
def test_a_known_sense_in_words_of_its_own_is_checked_against_the_text(
    text: str, fault: Fault | None
) -> None:
    said = "The lexicon is used for the parser."
    finding = EvidenceText(text).examine(said, ["lexicon"], ["parser"])
    assert finding.fault is fault


@pytest.mark.parametrize(
    "text",
    ["Coral bleaching due to warming is common.", "Warming-induced coral bleaching spread.",
     "The induction of coral bleaching by warming is fast."],
)  # fmt: skip
def test_a_cause_is_a_cause_in_any_of_its_words(text: str) -> None:
    prepared = EvidenceText(text)
    stated = prepared.examine("Warming causes coral bleaching.", ["warming"], ["coral bleaching"])
    turned = prepared.examine("Coral bleaching causes warming.", ["coral bleaching"], ["warming"])
    assert (stated.fault, turned.fault) == (None, Fault.REVERSED)


def test_a_line_that_ends_in_a_formula_ends_its_sentence() -> None:
    text = (
        "We define the random polynomial @xmath14\nBy a theorem, the empirical measure converges."
    )
    said = "The random polynomial converges to the empirical measure by a theorem."
    finding = EvidenceText(text).examine(said, ["random polynomial"], ["empirical measure"])
    assert finding.fault is Fault.NOT_TOGETHER
