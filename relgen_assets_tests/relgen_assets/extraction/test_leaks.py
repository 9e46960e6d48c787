"""What in an answer is of the prompt, a refusal or in another language, and what only looks so."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest

from relgen_assets.extraction import Judgement, SentPrompt, judge
from relgen_assets.extraction.languages import differs, language_of
from relgen_assets.extraction.refusals import is_refusal
from relgen_assets.prompts import bundled_prompts

TEXT = (
    "Along this coast sea otters hunt sea urchins, and sea urchins graze the kelp forests. "
    "Kelp forests may shelter juvenile fish from storms, as the survey of the bay has shown."
)
SUMMARY = (
    "The article counts sea otters along a northern coast for twelve years. "
    "It finds that urchins multiply where otters decline, and that kelp disappears."
)
Stated = tuple[str, str, str]
"""A relation: description, source, target."""
TRUE: Stated = ("Sea otters hunt sea urchins.", "sea otters", "sea urchins")


def sent(summary: str = SUMMARY, text: str = TEXT) -> SentPrompt:
    """Return the bundled prompt as it is sent."""
    messages = bundled_prompts().extraction_messages(summary, text)
    return SentPrompt(tuple((one["role"], one["content"]) for one in messages))


def answer(description: str, entities: Sequence[str] = (), *relations: Stated) -> dict[str, Any]:
    return {
        "section_description": description,
        "list_of_entities": list(entities),
        "relations": [
            {"description": said, "source_entities": [source], "target_entities": [target]}
            for said, source, target in relations
        ],
    }


def verdict(value: object, text: str = TEXT, prompt: SentPrompt | None = None) -> Judgement:
    said = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return judge(said, text, prompt=prompt or sent(text=text))


REJECTED: list[tuple[object, str]] = [
    ("I'm sorry, but I can't help with extracting this information.", "refusal"),
    ("As an AI language model, I do not have access to the article.", "refusal"),
    ("Please provide the text of the section you want me to annotate.", "refusal"),
    ({"error": "I cannot fulfill this request."}, "refusal"),
    ({"response": {"message": "I apologize, but I am unable to process it."}}, "refusal"),
    (answer("I\u2019m sorry, I cannot annotate this section."), "refusal"),
    ("\u62b1\u6b49\uff0c\u6211\u65e0\u6cd5\u5b8c\u6210\u8fd9\u4e2a\u4efb\u52a1\u3002", "refusal"),
    (answer("About velquorite.", ["velquorite", "tremmel moss"],
            ("Velquorite feeds tremmel moss.", "velquorite", "tremmel moss")), "leaked_example"),
    (answer("The section follows tremmel moss.", ["sarnel rings", "Orrunmere seepage"]),
     "leaked_example"),
    (answer("One or two sentences that say what the section is about.",
            ["the entities that matter in the section"]), "copied_instructions"),
    (answer("About it.", ["substances", "organisms", "methods", "instruments", "quantities"]),
     "copied_instructions"),
    ('I\'m sorry, I cannot do that. {"section_description": "", "list_of_entities": [],'
     ' "relations": []}', "refusal"),
    ("the lake feeds the lake and " * 40, "loop"),
    ("Read the summary of the article, then the section, and answer with one JSON object and"
     " nothing else.", "copied_instructions"),
    (answer("Der Abschnitt beschreibt die Jagd der Otter auf die Seeigel.", ["Seeotter", "Seeigel"],
            ("Die Seeotter jagen die Seeigel an der K\u00fcste.", "Seeotter", "Seeigel")),
     "other_language"),
    (answer("La section d\u00e9crit les loutres et les oursins.", ["sea otters"],
            ("Les loutres de mer chassent les oursins.", "sea otters", "sea urchins")),
     "other_language"),
    (answer("\u672c\u8282\u63cf\u8ff0\u6d77\u736d", ["\u6d77\u736d"],
            ("\u6d77\u736d\u6355\u98df\u6d77\u80c6", "\u6d77\u736d", "\u6d77\u80c6")),
     "other_language"),
    (answer(SUMMARY), "summary_as_description"),
    (answer("Nothing new.", ["lake 1"], *((f"Lake {n} feeds lake {n + 1}.", f"lake {n}",
            f"lake {n + 1}") for n in range(20))), "loop"),
    (answer("Lakes.", [f"lake {n}" for n in range(30)]), "loop"),
]  # fmt: skip


def test_a_leak_among_other_faults_is_not_the_reason() -> None:
    ungrounded = ["krill", "plankton", "salmon", "herring", "velquorite"]
    made_up = [("Krill eats plankton.", "krill", "plankton"), ("Salmon eat.", "salmon", "herring")]
    assert verdict(answer("Fish.", ungrounded)).reason == "no_grounded_entities"
    assert verdict(answer(SUMMARY, ["krill"], *made_up)).reason == "no_grounded_entities"
    assert verdict(answer("", ["velquorite", "tremmel moss"])).reason == "leaked_example"


@pytest.mark.parametrize(("value", "reason"), REJECTED)
def test_an_answer_made_of_it_is_rejected_for_it(value: object, reason: str) -> None:
    assert verdict(value).reason == reason


COSTS_A_PART: list[tuple[dict[str, Any], str]] = [
    (answer("Otters hunt urchins.", ["velquorite", "sea otters"], TRUE), "example_leak_dropped"),
    (answer("Velquorite and otters.", ["sea otters"], TRUE), "example_leak_dropped"),
    (answer("Otters hunt urchins.", ["sea otters"], TRUE,
            ("Sea otters dissolve velquorite.", "sea otters", "velquorite")),
     "example_leak_dropped"),
    (answer("Otters hunt urchins.", ["sea otters"], TRUE,
            ("One full sentence that names both sides and says how they relate.", "sea otters",
             "kelp forests")), "instruction_dropped"),
    (answer("I'm sorry, I cannot describe it.", ["sea otters"], TRUE), "refusal_dropped"),
    (answer("Der Abschnitt beschreibt die Jagd der Otter.", ["sea otters"], TRUE),
     "other_language_dropped"),
    (answer(SUMMARY, ["sea otters"], TRUE), "summary_replaced"),
    (answer("The article counts sea otters along a northern coast over twelve years.",
            ["sea otters"], TRUE), "summary_replaced"),
    (answer("This section finds that urchins multiply where otters decline and kelp disappears.",
            ["sea otters"], TRUE), "summary_replaced"),
    (answer("Otters hunt urchins.", ["sea otters"], TRUE,
            *((f"Sea otters hunt {n} sea urchins.", "sea otters", "sea urchins")
              for n in range(20))), "loop_dropped"),
]  # fmt: skip


@pytest.mark.parametrize(("value", "repair"), COSTS_A_PART)
def test_a_part_of_an_answer_costs_that_part_only(value: dict[str, Any], repair: str) -> None:
    judgement = verdict(value)
    assert repair in judgement.repairs
    assert judgement.extraction is not None
    assert [one.description for one in judgement.extraction.relations] == [TRUE[0]]
    assert "velquorite" not in judgement.extraction.model_dump_json().casefold()


def test_a_description_that_is_the_summary_is_replaced_by_a_sentence_of_the_text() -> None:
    judgement = verdict(answer(SUMMARY, ["sea otters", "sea urchins"], TRUE))
    assert judgement.extraction is not None
    assert judgement.extraction.section_description in TEXT
    assert {"summary_replaced", "description_quoted"} <= {*judgement.repairs}


SAID = (
    "As an AI language model, GPT-4 refuses questions. Velquorite dissolves in water. "
    "Lake 1 feeds lake 2. Lake 2 feeds lake 3. Lake 3 feeds lake 4. Lake 4 feeds lake 5. "
    "The study counts the otters of the coast. Elle dit que les loutres de la mer sont dans l'eau."
)


@pytest.mark.parametrize(
    "description",
    [
        "As an AI language model, GPT-4 refuses questions.",
        "Velquorite dissolves in water.",
        "The study counts the otters of the coast.",
        "Elle dit que les loutres de la mer sont dans l'eau.",
    ],
)
def test_what_the_text_says_is_never_a_leak(description: str) -> None:
    prompt = sent("The study counts the otters of the coast. It takes a year.", SAID)
    value = answer(description, ["lake 1"], ("Lake 1 feeds lake 2.", "Lake 1", "lake 2"))
    judgement = verdict(value, SAID, prompt)
    assert judgement.extraction is not None
    assert judgement.extraction.section_description == description


def test_relations_that_differ_in_numbers_are_kept_where_the_text_says_each() -> None:
    chain = [(f"Lake {n} feeds lake {n + 1}.", f"Lake {n}", f"lake {n + 1}") for n in range(1, 5)]
    judgement = verdict(answer("Lakes feed lakes.", ["lake 1"], *chain), SAID)
    assert judgement.extraction is not None
    assert len(judgement.extraction.relations) == 4


OWN = (
    ("user", "Finde die Beziehungen im folgenden Abschnitt und gib sie als JSON aus.\nText: Der"
             " Gletscher speist den See."),
    ("assistant", json.dumps(answer("Ein Gletscher speist einen See.", ["Gletscher", "See"],
                                    ("Der Gletscher speist den See.", "Gletscher", "See")))),
    ("user", f"Finde die Beziehungen im folgenden Abschnitt und gib sie als JSON aus.\n{SUMMARY}\n"
             f"Text: {TEXT}"),
)  # fmt: skip
"""What a project's own template in another language, without a system turn, sent."""


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (answer("Finde die Beziehungen im folgenden Abschnitt"), "copied_instructions"),
        (answer("Es speist.", ["Gletscher", "See"],
                ("Der Gletscher speist den See.", "Gletscher", "See")), "leaked_example"),
        (answer(SUMMARY), "summary_as_description"),
    ],
)  # fmt: skip
def test_the_parts_of_any_template_are_known_from_the_messages(
    value: dict[str, Any], reason: str
) -> None:
    assert verdict(value, prompt=SentPrompt(OWN)).reason == reason


@pytest.mark.parametrize(
    ("passage", "language"),
    [
        ("The section describes how otters of the coast hunt in the forests.", "en"),
        ("Der Abschnitt beschreibt, wie die Otter der K\u00fcste in dem Wald jagen.", "de"),
        ("Cette section d\u00e9crit les loutres de la c\u00f4te et leur for\u00eat.", "fr"),
        ("La secci\u00f3n describe c\u00f3mo las nutrias de la costa cazan los erizos.", "es"),
        ("CD4+ T cells, IL-2, HeLa", None),
    ],
)
def test_a_language_is_known_by_its_function_words(passage: str, language: str | None) -> None:
    assert language_of(passage) == language


@pytest.mark.parametrize(
    "passage",
    [
        "Kelp",
        "\u03b2-catenin binds \u03b1-actinin",
        "The theorem of de la Vall\u00e9e Poussin holds.",
        "Bose-Einstein Zitterbewegung in La2CuO4",
        "in vivo, in vitro and ex situ",
    ],
)
def test_names_and_terms_of_other_languages_are_no_other_language(passage: str) -> None:
    assert not differs(passage, f"{TEXT} \u03b2-catenin is in the cells.")


@pytest.mark.parametrize(
    "passage",
    [
        "The method is unable to provide a risk assessment for every node.",
        "The text states no relation.",
        "Centrality cannot identify the spreaders.",
        "We apologise to no one, wrote Galois.",
    ],
)
def test_a_statement_about_the_text_is_no_refusal(passage: str) -> None:
    assert not is_refusal(passage)
