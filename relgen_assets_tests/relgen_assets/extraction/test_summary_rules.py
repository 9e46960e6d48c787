"""What is no summary, and why; what is one is left alone."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relgen_assets.extraction.sent_prompt import SentPrompt
from relgen_assets.extraction.summary_rules import SummaryFault, summary_fault
from relgen_assets.generation.acceptance import summary_judge
from relgen_assets.generation.summary_requests import (
    is_usable_summary,
    summaries_shown,
    summary_request,
    summary_row,
)
from relgen_assets.prompts import bundled_prompts
from relgen_assets.settings import SummarySettings
from relgen_assets_tests.relgen_assets.export.batch import batch_of
from resources.generation import Generation, Verdict

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


def test_a_rejected_summary_keeps_its_words_and_stands_in_no_prompt() -> None:
    paper = batch_of("lake-1").papers[0]
    request = summary_request(paper, SummarySettings(), len, {}, prompts=bundled_prompts())
    answer = Generation(request.subject, "!" * 99, "stop", "m", "gpu-0", 9, 0, 9, 1.0)
    judge = summary_judge([request])
    assert judge(answer) == Verdict(usable=False, reason="garbage")
    row = summary_row(request, answer)
    assert (row.status, row.reason, row.text) == ("rejected", "garbage", "!" * 99)
    good = summary_row(request, replace(answer, text=f"{paper.title} is studied."))
    assert is_usable_summary(good) and not is_usable_summary(row)
    assert summaries_shown([row]) == {}
