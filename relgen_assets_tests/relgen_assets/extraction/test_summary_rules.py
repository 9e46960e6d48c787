"""What is no summary, and why; what is one is left alone."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relgen_assets.extraction.sent_prompt import SentPrompt
from relgen_assets.extraction.summary_rules import SummaryFault, summary_fault, whole_summary
from relgen_assets.generation.summary_asking import SUMMARY_CHANGES, SummaryAsking
from relgen_assets.generation.summary_requests import (
    is_cut_short,
    is_usable_summary,
    summaries_shown,
    summary_request,
    summary_row,
)
from relgen_assets.prompts import bundled_prompts
from relgen_assets.settings import SummarySettings
from relgen_assets_tests.relgen_assets.export.batch import batch_of
from resources.generation import Generation, GenerationRequest, Verdict
from resources.generation_ledger.keys import generation_key

ABSTRACT = (
    "We study how sea otters change the kelp forests of a cold coast. Otters hunt the urchins that"
    " graze on the kelp, and where they were hunted the forests were lost."
)
TOLD = (
    "You summarise scientific articles. Answer with one paragraph of two or three plain sentences"
    " that say what the article studies, how, and what it finds."
)
PROMPT = SentPrompt(
    (("system", TOLD), ("user", f"Title: Otters\n\nAbstract:\n{ABSTRACT}\n\nSummarise it."))
)
GOOD = "Sea otters keep kelp forests alive, since they hunt the urchins that graze on the kelp."
NOT_SUMMARIES = [
    ("", SummaryFault.EMPTY),
    (" \n ", SummaryFault.EMPTY),
    ("!" * 200, SummaryFault.GARBAGE),
    ("?!?! ## 00 .. ;; ,, 12 34 -- ++", SummaryFault.GARBAGE),
    ("Otters " + "a" * 80, SummaryFault.GARBAGE),
    (f"{GOOD}<|im_end|>\n<|im_start|>user\nThanks", SummaryFault.ROLE_MARKERS),
    (f"{GOOD}\nUser: and now?\nAssistant: Otters.", SummaryFault.ROLE_MARKERS),
    (f"{GOOD} [/INST]", SummaryFault.ROLE_MARKERS),
    ("I'm sorry, but I cannot help with that request.", SummaryFault.REFUSAL),
    ("As an AI language model, I have no access to the article.", SummaryFault.REFUSAL),
    ("The otters hunt the urchins. " * 12, SummaryFault.LOOP),
    (TOLD, SummaryFault.COPIED_INSTRUCTIONS),
    (PROMPT.turns[-1][1], SummaryFault.COPIED_PROMPT),
    (f"Title: Otters\nAbstract: {GOOD}", SummaryFault.COPIED_PROMPT),
    (
        "Der Artikel untersucht, wie die Seeotter den Tang der Küste erhalten, und zeigt, dass sie"
        " die Seeigel jagen, die ihn fressen, und dass der Wald ohne sie nicht besteht.",
        SummaryFault.OTHER_LANGUAGE,
    ),
    ("海獭捕食海胆。因此保护了海藻森林。这篇文章研究了寒冷海岸。", SummaryFault.OTHER_LANGUAGE),
]


@pytest.mark.parametrize(("text", "fault"), NOT_SUMMARIES)
def test_what_is_no_summary_is_told_with_its_reason(text: str, fault: SummaryFault) -> None:
    assert summary_fault(text, PROMPT) is fault


@pytest.mark.parametrize(
    "text",
    [
        GOOD,
        ABSTRACT,
        f"Abstract: {GOOD}",
        f"Background: {GOOD}\nResults: {GOOD.replace('Sea', 'Many')}",
        "Otters: 3.2 ± 0.4 kg of urchins a day (p < 0.001); kelp grew by 12 % in 4 of 5 bays.",
        "The user study shows that assistants: human and machine, hunt well.",
        "Where otters hunt, kelp grows. We cannot say why the other bays differ.",
    ],
)
def test_a_summary_is_taken(text: str) -> None:
    assert summary_fault(text, PROMPT) is None


@given(st.text(max_size=300))
def test_any_answer_is_judged(text: str) -> None:
    summary_fault(text, PROMPT)
    summary_fault(text, PROMPT, "length")


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        (f"{GOOD} They also", GOOD),
        (f"{GOOD} Its share, e.g. in the", GOOD),
        (GOOD, GOOD),
        ("海獭捕食海胆。因此保护了海藻", "海獭捕食海胆。"),
        ("Otters hunt.\nurchins graze", "Otters hunt."),
        ("Sea otters keep kelp forests alive, since they", ""),
    ],
)
def test_of_a_summary_that_was_cut_off_the_whole_sentences_stay(text: str, whole: str) -> None:
    assert whole_summary(text, "length") == whole
    assert whole_summary(text, "stop") == text


@given(st.text(max_size=300))
def test_what_stays_is_the_beginning_of_the_answer(text: str) -> None:
    whole = whole_summary(text, "length")
    assert whole.strip() in text
    assert whole_summary(whole, "length") == whole


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (f"{GOOD} They also", None),
        ("Sea otters keep kelp forests alive, since they", SummaryFault.TRUNCATED),
        ("The otters hunt the urchins and " * 12, SummaryFault.LOOP),
    ],
)
def test_a_summary_that_was_cut_off_is_judged_by_its_whole_sentences(
    text: str, fault: SummaryFault | None
) -> None:
    assert summary_fault(text, PROMPT, "length") is fault


def asked() -> tuple[GenerationRequest, Generation]:
    """Return a request for a summary, and a good answer to it."""
    paper = batch_of("lake-1").papers[0]
    request = summary_request(paper, SummarySettings(), len, {}, prompts=bundled_prompts())
    text = f"{paper.title} is studied."
    return request, Generation(request.subject, text, "stop", "m", "gpu-0", 9, 0, 9, 1.0)


@pytest.mark.parametrize(
    ("text", "finish_reason", "warmer"),
    [("!" * 99, "stop", -1), ("I'm sorry, but I cannot help.", "stop", 1), ("Ott", "length", 0)],
)
def test_what_is_asked_next_depends_on_the_fault(
    text: str, finish_reason: str, warmer: int
) -> None:
    request, good = asked()
    again = SummaryAsking([request]).next_request(
        request, replace(good, text=text, finish_reason=finish_reason)
    )
    change = again.sampling.temperature - request.sampling.temperature
    assert (change > 0) - (change < 0) == warmer
    assert again.sampling.seed != request.sampling.seed
    assert again.attempt == 2


def test_every_fault_leads_to_a_change() -> None:
    assert set(SUMMARY_CHANGES) == set(SummaryFault)


def test_what_is_whole_of_an_earlier_answer_stands_in_for_one_that_is_no_summary() -> None:
    request, good = asked()
    asking = SummaryAsking([request])
    cut = replace(good, text=f"{good.text} It also", finish_reason="length")
    asking.next_request(request, cut)
    worse = replace(good, text="!" * 99, attempt=2)

    row = asking.row(request.subject, worse)

    assert (row.status, row.text, row.attempt) == ("completed", good.text.strip(), 1)
    assert is_cut_short(row) and is_usable_summary(row)
    assert asking.row(request.subject, replace(good, attempt=2)).attempt == 2


def test_the_key_of_a_row_is_that_of_the_attempt_that_was_asked() -> None:
    request, good = asked()
    asking = SummaryAsking([request])
    again = asking.next_request(request, replace(good, text="!" * 99))

    row = asking.row(request.subject, replace(good, attempt=2))

    assert row.key == generation_key(again, "m") != generation_key(request, "m")


def test_a_rejected_summary_keeps_its_words_and_stands_in_no_prompt() -> None:
    paper = batch_of("lake-1").papers[0]
    request = summary_request(paper, SummarySettings(), len, {}, prompts=bundled_prompts())
    answer = Generation(request.subject, "!" * 99, "stop", "m", "gpu-0", 9, 0, 9, 1.0)
    assert SummaryAsking([request]).verdict(answer) == Verdict(usable=False, reason="garbage")
    row = summary_row(request, answer)
    assert (row.status, row.reason, row.text) == ("rejected", "garbage", "!" * 99)
    good = summary_row(request, replace(answer, text=f"{paper.title} is studied."))
    assert is_usable_summary(good) and not is_usable_summary(row)
    assert summaries_shown([row]) == {}
