"""Which answers are valid, which are repaired and how, and which are rejected and why."""

from __future__ import annotations

import copy
import json
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from relgen_assets import extraction
from relgen_assets.extraction import Judgement, RejectionReason, Repair
from relgen_assets.extraction.policy import JudgingPolicy
from relgen_assets.extraction.second_opinion import relation_key, with_opinions
from relgen_assets.extraction.sent_prompt import SentPrompt
from relgen_assets.extraction.worked_examples import example_descriptions
from relgen_assets.prompts import bundled_prompts
from relgen_assets_tests.relgen_assets.extraction import sound

TEXT = (
    "Along this coast sea otters hunt sea urchins, and sea urchins graze the kelp forests. "
    "Kelp forests may shelter juvenile fish from storms in @xmath0 of all years."
)
GOOD: dict[str, Any] = {
    "section_description": "Otters protect kelp by hunting urchins.",
    "list_of_entities": ["sea otters", "sea urchins", "kelp forests"],
    "relations": [
        {
            "description": "Sea otters hunt sea urchins.",
            "source_entities": ["sea otters"],
            "target_entities": ["sea urchins"],
            "strength": "strong",
        },
        {
            "description": "Sea urchins graze kelp forests.",
            "source_entities": ["sea urchins"],
            "target_entities": ["kelp forests"],
            "strength": None,
        },
    ],
}
SUMMARY = "The article counts otters along a coast and finds that urchins follow their decline."
RAW_OUTPUTS = Path(__file__).parents[4] / "shared" / "data" / "raw_outputs.jsonl"


def good(**changes: Any) -> dict[str, Any]:
    return {**copy.deepcopy(GOOD), **changes}


def with_relation(**changes: Any) -> dict[str, Any]:
    answer = good()
    answer["relations"][0].update(changes)
    return answer


def without(answer: dict[str, Any], key: str) -> dict[str, Any]:
    return {name: value for name, value in answer.items() if name != key}


def nothing(description: str) -> dict[str, Any]:
    """Return an answer that describes the section and states nothing."""
    return good(section_description=description, list_of_entities=[], relations=[])


def worked_example(candidates: Sequence[str] = ()) -> str:
    """Return the answer that the prompt shows as an example."""
    return bundled_prompts().extraction_messages("S", TEXT, candidates=candidates)[2]["content"]


def sent(candidates: Sequence[str] = (), summary: str = SUMMARY, text: str = TEXT) -> SentPrompt:
    """Return a bundled prompt as it is sent."""
    messages = bundled_prompts().extraction_messages(summary, text, candidates=candidates)
    return SentPrompt(tuple((one["role"], one["content"]) for one in messages))


judge = partial(extraction.judge, prompt=sent())
"""The verdict on an answer to a bundled prompt."""


def verdict_on(answer: object, **options: str) -> Judgement:
    return judge(json.dumps(answer), TEXT, **options)


assert_sound = partial(sound.assert_sound, prompt=sent())


def test_an_answer_that_needs_no_repair_is_valid_and_unchanged() -> None:
    judgement = verdict_on(GOOD)
    assert judgement.verdict == "valid"
    assert judgement.repairs == ()
    assert judgement.extraction is not None
    assert judgement.extraction.model_dump() == GOOD


def an_answer(entities: list[str], *relations: tuple[str, list[str], list[str]]) -> str:
    """Return an answer with these entities and relations (description, sources, targets)."""
    return json.dumps(
        {
            "section_description": "The text is about it.",
            "list_of_entities": entities,
            "relations": [
                {
                    "description": description,
                    "source_entities": sources,
                    "target_entities": targets,
                    "strength": "strong",
                }
                for description, sources, targets in relations
            ],
        }
    )


@pytest.mark.parametrize(
    ("text", "entities", "relation"),
    [
        ("CD4+CD25+ T cells suppress CD4+CD25- T cells. Only CD4+CD25- T cells secrete IL-2.",
         ["CD4+CD25+ T cells", "CD4+CD25- T cells", "IL-2"],
         ("CD4+CD25- T cells secrete IL-2.", ["CD4+CD25- T cells"], ["IL-2"])),
        ("PixelCNN++ improves PixelCNN.", ["PixelCNN++", "PixelCNN"],
         ("PixelCNN++ improves PixelCNN.", ["PixelCNN++"], ["PixelCNN"])),
        ("(R)-ketamine acts longer than (S)-ketamine.", ["(R)-ketamine", "(S)-ketamine"],
         ("(R)-ketamine acts longer than (S)-ketamine.", ["(R)-ketamine"], ["(S)-ketamine"])),
        ("NO relaxes smooth muscle. WHO recommends it.", ["NO", "smooth muscle"],
         ("NO relaxes smooth muscle.", ["NO"], ["smooth muscle"])),
    ],
)  # fmt: skip
def test_names_that_stand_in_the_text_to_the_letter_are_kept_to_the_letter(
    text: str, entities: list[str], relation: tuple[str, list[str], list[str]]
) -> None:
    answer = an_answer(entities, relation)
    judgement = judge(answer, text)
    assert judgement.verdict == "valid"
    assert judgement.extraction is not None
    assert judgement.extraction.model_dump() == json.loads(answer)


def test_the_same_words_about_other_entities_are_another_relation() -> None:
    answer = an_answer(
        ["Aspirin", "COX-1", "COX-2"],
        ("inhibits", ["Aspirin"], ["COX-1"]),
        ("inhibits", ["Aspirin"], ["COX-2"]),
    )
    judgement = judge(answer, "Aspirin inhibits COX-1 and COX-2.")
    assert judgement.extraction is not None
    assert len(judgement.extraction.relations) == 2


def test_a_relation_between_two_spellings_of_one_name_is_dropped() -> None:
    text = "A convolutional neural network is one of the neural networks used. It beats the SVM."
    answer = an_answer(
        ["SVM"],
        ("A neural network is one of many.", ["neural network"], ["neural networks"]),
        ("The neural network beats the SVM.", ["neural network"], ["SVM"]),
    )
    judgement = judge(answer, text)
    assert Repair.SELF_RELATION_DROPPED.value in judgement.repairs
    assert judgement.extraction is not None
    assert len(judgement.extraction.relations) == 1


REPAIRED: list[tuple[object, Repair]] = [
    (good(extra=1), Repair.UNKNOWN_KEY_DROPPED),
    (
        {**without(GOOD, "list_of_entities"), "Entities": GOOD["list_of_entities"]},
        Repair.KEY_RENAMED,
    ),
    ({"result": GOOD}, Repair.UNWRAPPED),
    ([GOOD], Repair.UNWRAPPED),
    (with_relation(source_entities="sea otters"), Repair.VALUE_COERCED),
    (with_relation(source_entities=[{"name": "sea otters"}]), Repair.VALUE_COERCED),
    (good(section_description=" Otters\n hunt. "), Repair.TEXT_CLEANED),
    (without(GOOD, "section_description"), Repair.DESCRIPTION_QUOTED),
    (good(section_description="the otter eats " * 30), Repair.DESCRIPTION_QUOTED),
    (with_relation(strength="Strong"), Repair.STRENGTH_RESPELLED),
    (with_relation(strength="enormous"), Repair.STRENGTH_DROPPED),
    (with_relation(source_entities=["Sea-Otter"]), Repair.ENTITY_RESPELLED),
    (good(list_of_entities=[*GOOD["list_of_entities"], "krill"]),
     Repair.UNGROUNDED_ENTITY_DROPPED),
    (good(list_of_entities=[*GOOD["list_of_entities"], "@xmath0"]),
     Repair.UNUSABLE_ENTITY_DROPPED),
    (good(list_of_entities=[*GOOD["list_of_entities"], "the"]),
     Repair.UNUSABLE_ENTITY_DROPPED),
    (good(list_of_entities=[*GOOD["list_of_entities"], "Kelp forests"]),
     Repair.DUPLICATE_ENTITY_DROPPED),
    (good(list_of_entities=["sea otters", "sea urchins"]), Repair.ENTITY_ADDED),
    (good(relations=[*GOOD["relations"], {"description": "Alone."}]),
     Repair.INCOMPLETE_RELATION_DROPPED),
    (good(relations=[*GOOD["relations"], "sea otters"]), Repair.INCOMPLETE_RELATION_DROPPED),
    (good(relations=[*GOOD["relations"], GOOD["relations"][0]]),
     Repair.DUPLICATE_RELATION_DROPPED),
    (with_relation(evidence="Whales and seals rest on the beach."), Repair.QUOTE_NOT_FOUND),
    (with_relation(target_entities=["sea otters", "sea urchins"]),
     Repair.SELF_RELATION_DROPPED),
    (with_relation(target_entities=["sea otters"]), Repair.SELF_RELATION_DROPPED),
    (with_relation(description="sea urchins eat " * 20), Repair.UNUSABLE_RELATION_DROPPED),
    (with_relation(description="Dissolved velquorite feeds tremmel moss."),
     Repair.EXAMPLE_LEAK_DROPPED),
    (good(list_of_entities=[*GOOD["list_of_entities"], "velquorite"]),
     Repair.EXAMPLE_LEAK_DROPPED),
    (good(section_description="one or two sentences that say what the section is about."),
     Repair.INSTRUCTION_DROPPED),
    (good(section_description=SUMMARY), Repair.SUMMARY_REPLACED),
    (good(section_description="I'm sorry, but I cannot describe this section."),
     Repair.REFUSAL_DROPPED),
    (good(section_description="Der Abschnitt beschreibt die Otter und den Wald der Algen."),
     Repair.OTHER_LANGUAGE_DROPPED),
    (good(relations=[*GOOD["relations"],
                     *({**GOOD["relations"][0], "description": f"Sea otters hunt {n} sea urchins."}
                       for n in range(9))]), Repair.LOOP_DROPPED),
    (with_relation(description="Sea otters hunt @xmath0 sea urchins."),
     Repair.UNUSABLE_RELATION_DROPPED),
    (with_relation(description="Along this coast sea otters hunt sea urchins, and"),
     Repair.UNUSABLE_RELATION_DROPPED),
    (with_relation(description="Dopamine inhibits caffeine."), Repair.UNNAMED_RELATION_DROPPED),
    (with_relation(description="Sea otters hunt there; sea urchins are hunted as well."),
     Repair.UNRELATED_RELATION_DROPPED),
    (with_relation(source_entities=["sea otters", "kelp forests"]), Repair.UNNAMED_ENTITY_DROPPED),
    (with_relation(description="Sea otters shelter juvenile fish.",
                   target_entities=["juvenile fish"]), Repair.UNSTATED_RELATION_DROPPED),
    (with_relation(description="Sea otters rarely adopt sea urchins."),
     Repair.UNSTATED_RELATION_DROPPED),
    (with_relation(description="Sea otters do not hunt sea urchins."),
     Repair.CONTRADICTED_RELATION_DROPPED),
    (with_relation(description="Sea urchins hunt sea otters.", source_entities=["sea urchins"],
                   target_entities=["sea otters"]), Repair.REVERSED_RELATION_DROPPED),
    (with_relation(source_entities=["sea urchins"], target_entities=["sea otters"]),
     Repair.RELATION_TURNED),
]  # fmt: skip
"""Values that `json.dumps` makes an answer of, each with a repair it needs."""


@pytest.mark.parametrize(("answer", "repair"), REPAIRED)
def test_a_fault_is_repaired_and_named(answer: object, repair: Repair) -> None:
    judgement = verdict_on(answer)
    assert judgement.verdict == "repaired"
    assert repair.value in judgement.repairs
    assert_sound(judgement, TEXT)


SALVAGED: list[tuple[str, Repair]] = [
    (f"Sure, here is [1] the JSON:\n```json\n{json.dumps(GOOD)}\n```\nDone.",
     Repair.SURROUNDINGS_REMOVED),
    (json.dumps(GOOD).replace('"', "'").replace("None", "null"), Repair.JSON_REPAIRED),
    (json.dumps(GOOD)[:-3] + ",}]}", Repair.JSON_REPAIRED),
]  # fmt: skip
"""Answers that hold an extraction in no valid JSON, each with a repair it needs."""


@pytest.mark.parametrize(("answer", "repair"), SALVAGED)
def test_broken_json_is_salvaged(answer: str, repair: Repair) -> None:
    judgement = judge(answer, TEXT)
    assert judgement.verdict == "repaired"
    assert repair.value in judgement.repairs
    assert_sound(judgement, TEXT)


CUT_IN_A_RELATION = json.dumps(GOOD)[: json.dumps(GOOD).rindex("kelp forests") + 12]


def test_the_relation_in_which_an_answer_was_cut_off_is_not_trusted() -> None:
    judgement = judge(CUT_IN_A_RELATION, TEXT, finish_reason="length")
    assert judgement.verdict == "repaired"
    assert Repair.TRUNCATED_TAIL_DROPPED.value in judgement.repairs
    assert judgement.extraction is not None
    assert [r.description for r in judgement.extraction.relations] == [
        "Sea otters hunt sea urchins."
    ]


REJECTED: list[tuple[str, RejectionReason]] = [
    ("", RejectionReason.EMPTY_ANSWER),
    (" \n\t", RejectionReason.EMPTY_ANSWER),
    ("The text is about otters.", RejectionReason.NOT_JSON),
    ("[1, 2]", RejectionReason.NOT_JSON),
    ("null", RejectionReason.NOT_JSON),
    ("[" * 50_000, RejectionReason.NOT_JSON),
    ('{"answer": 42}', RejectionReason.WRONG_SHAPE),
    ("{}", RejectionReason.WRONG_SHAPE),
    (json.dumps({"error": "I'm sorry, I cannot help with that."}), RejectionReason.REFUSAL),
    (json.dumps(nothing("Mostly about velquorite and tremmel moss.")),
     RejectionReason.LEAKED_EXAMPLE),
    (json.dumps(nothing("The relations that the section states between these entities.")),
     RejectionReason.COPIED_INSTRUCTIONS),
    (json.dumps(nothing("Der Abschnitt beschreibt die Otter und den Wald der Algen.")),
     RejectionReason.OTHER_LANGUAGE),
    (json.dumps(nothing(SUMMARY)), RejectionReason.SUMMARY_AS_DESCRIPTION),
    (json.dumps(without(good(list_of_entities=[]), "relations")), RejectionReason.NO_ENTITIES),
    (json.dumps(good(list_of_entities=["caffeine"], relations=[])),
     RejectionReason.NO_GROUNDED_ENTITIES),
    (json.dumps(without(GOOD, "relations")), RejectionReason.NO_RELATIONS),
    (json.dumps(good(relations=[{**GOOD["relations"][0], "target_entities": ["krill"]}])),
     RejectionReason.NO_RELATIONS),
]  # fmt: skip
"""Answers that ended by themselves, each with the reason why it is rejected."""


@pytest.mark.parametrize(("answer", "reason"), REJECTED)
def test_an_answer_without_anything_usable_is_rejected_with_the_reason(
    answer: str, reason: RejectionReason
) -> None:
    judgement = judge(answer, TEXT)
    assert judgement.reason == reason.value
    assert_sound(judgement, TEXT)


LONG_SENTENCE = "Sea otters hunt sea urchins" + " in the cold sea" * 30 + "."


def test_without_a_description_and_a_sentence_that_could_be_one_nothing_is_usable() -> None:
    answer = without(GOOD, "section_description")
    judgement = judge(json.dumps(answer), LONG_SENTENCE)
    assert judgement.reason == RejectionReason.NO_DESCRIPTION.value


def test_a_missing_description_is_the_sentence_that_names_most_entities() -> None:
    judgement = verdict_on(without(GOOD, "section_description"))
    assert judgement.extraction is not None
    assert judgement.extraction.section_description == TEXT.split(". ")[0] + "."


OPENING = '{"section_description": "Otters hunt", "list_of_entities": ["'
CUT_OFF = {
    OPENING: RejectionReason.TRUNCATED,
    OPENING + "a cat and " * 90: RejectionReason.LOOP,
}
"""Answers that the token limit cut off before anything usable, each with its reason."""


@pytest.mark.parametrize(("answer", "reason"), CUT_OFF.items())
def test_a_cut_off_answer_without_anything_usable_is_called_truncated_or_a_loop(
    answer: str, reason: RejectionReason
) -> None:
    judgement = judge(answer, TEXT, finish_reason="length")
    assert judgement.reason == reason.value
    assert_sound(judgement, TEXT)


def echo(example: str) -> dict[str, Any]:
    """Return a good answer whose section is described in the words of the example."""
    return good(section_description=json.loads(example)["section_description"])


@pytest.mark.parametrize("candidates", [(), ("sea otters", "kelp forests")])
def test_the_example_of_the_prompt_is_not_accepted_as_an_answer(candidates: Sequence[str]) -> None:
    example = worked_example(candidates)
    prompt = sent(candidates)
    assert judge(example, TEXT, prompt=prompt).verdict == "rejected"
    assert judge(json.dumps(echo(example)), TEXT, prompt=prompt).reason == "echoed_example"


def test_only_the_examples_of_the_prompt_that_was_sent_count() -> None:
    echoed = json.dumps(echo(worked_example()))
    assert judge(echoed, TEXT, prompt=SentPrompt()).verdict == "valid"
    assert example_descriptions(["I see.", "{}", "[1]"]) == frozenset()


def judged_cases() -> list[Judgement]:
    """Return the verdicts on every answer that a test above says a code of."""
    complete = [
        *(json.dumps(answer) for answer, _ in REPAIRED),
        *(answer for answer, _ in (*SALVAGED, *REJECTED)),
        json.dumps(echo(worked_example())),
    ]
    undescribed = json.dumps(without(GOOD, "section_description"))
    cut_off = (*CUT_OFF, CUT_IN_A_RELATION)
    inhibits = "inhibits"
    twice = an_answer(
        ["aspirin", "COX-1", "COX-2"],
        (inhibits, ["aspirin"], ["COX-1"]),
        (inhibits, ["aspirin"], ["COX-2"]),
    )
    by_policy = [
        judge(
            json.dumps(good(list_of_entities=["sea otters", "krill"])),
            TEXT,
            policy=JudgingPolicy(absent_names="reject"),
        ),
        judge(twice, "Aspirin inhibits COX-1, COX-2.", policy=JudgingPolicy(merge_relations=True)),
        typed_case(),
    ]
    return [
        *by_policy,
        *(judge(answer, TEXT) for answer in complete),
        judge(undescribed, LONG_SENTENCE),
        *(judge(answer, TEXT, finish_reason="length") for answer in cut_off),
        *denied_cases(),
    ]


def typed_case() -> Judgement:
    """Return the verdict on an answer whose types are not all those of the project."""
    hunts, grazes = GOOD["relations"][:2]
    return judge(
        json.dumps(good(relations=[{**hunts, "type": "Eats"}, grazes])),
        TEXT,
        policy=JudgingPolicy(entity_types=("animal",), relation_types=("eats",)),
    )


def denied_cases() -> list[Judgement]:
    """Return the verdicts on a good answer after one of its relations, or all, are denied."""
    by_rules = judge(json.dumps(GOOD), TEXT)
    assert by_rules.extraction is not None
    keys = [relation_key(relation) for relation in by_rules.extraction.relations]
    return [with_opinions(by_rules, denied, JudgingPolicy()) for denied in (keys[:1], keys)]


@pytest.mark.parametrize("reason", RejectionReason)
def test_some_answer_earns_every_rejection_reason(reason: RejectionReason) -> None:
    earned = {judgement.reason for judgement in judged_cases()}
    assert reason.value in earned, f"no case above is rejected for {reason.name}: add one"


@pytest.mark.parametrize("repair", Repair)
def test_some_usable_answer_needs_every_repair(repair: Repair) -> None:
    needed = {
        code
        for judgement in judged_cases()
        if judgement.verdict == "repaired"
        for code in judgement.repairs
    }
    assert repair.value in needed, f"no case above is repaired by {repair.name}: add one"


@settings(deadline=None)
@given(st.text(max_size=300), st.text(max_size=300), st.sampled_from(["stop", "length"]))
def test_any_text_gets_a_sound_judgement(answer: str, text: str, finish_reason: str) -> None:
    assert_sound(judge(answer, text, finish_reason=finish_reason), text)


pieces = st.sampled_from(
    ['{"', '"}', "[", "]", "}", '", "', ": ", "list_of_entities", "relations", "description",
     "source_entities", "sea otters", "kelp forests", "\\", "\n", "```", "NaN", "1e999", "\ud800"]
)  # fmt: skip


@settings(deadline=None)
@given(st.lists(pieces, max_size=60).map("".join))
def test_fragments_of_json_get_a_sound_judgement(answer: str) -> None:
    assert_sound(judge(answer, TEXT), TEXT)


@settings(deadline=None)
@given(st.data())
def test_a_mutated_answer_gets_a_sound_judgement(data: st.DataObject) -> None:
    answer = json.dumps(GOOD, ensure_ascii=data.draw(st.booleans()))
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(answer)))
        end = min(len(answer), start + data.draw(st.integers(0, 8)))
        answer = answer[:start] + data.draw(st.text(max_size=3)) + answer[end:]
    assert_sound(judge(answer, TEXT, finish_reason="length"), TEXT)


names = st.sampled_from(
    ["sea otters", "Sea Otter", "sea-urchins", "kelp  forests", "krill", "@xmath0", "", "juvenile"]
) | st.text(max_size=12)
texts = st.text(max_size=30) | st.sampled_from(["Otters hunt.", "Urchins graze."])
values = st.none() | st.integers() | texts | st.lists(names, max_size=4)
relations = st.fixed_dictionaries(
    {"description": texts, "source_entities": values, "target_entities": values},
    optional={"strength": values, "Strength": values, "source": values},
)
answers = st.fixed_dictionaries(
    {},
    optional={
        "section_description": texts,
        "list_of_entities": values,
        "entities": values,
        "relations": st.lists(relations, max_size=4) | relations | values,
    },
)


@settings(deadline=None)
@given(answers)
def test_json_of_any_shape_gets_a_sound_judgement(answer: object) -> None:
    assert_sound(verdict_on(answer), TEXT)


@pytest.mark.skipif(
    not RAW_OUTPUTS.is_file(), reason="the stress corpus is not beside the checkout"
)
def test_real_answers_of_a_tiny_model_get_sound_judgements() -> None:
    for line in RAW_OUTPUTS.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        text = row.get("chunk") or row["text"]
        assert_sound(judge(row["text"], text, finish_reason=row["finish_reason"]), text)
