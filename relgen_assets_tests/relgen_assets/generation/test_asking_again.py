"""What is asked after an unusable answer: it depends on the reason, and on nothing else."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relgen_assets.extraction import RejectionReason
from relgen_assets.extraction.policy import JudgingPolicy
from relgen_assets.generation.asking_again import CHANGES, AskingAgain
from relgen_assets.generation.extraction_requests import ExtractionTask, Questions
from relgen_assets.prompts import bundled_prompts
from relgen_assets.rows.models import Chunk, Mode
from relgen_assets.settings import ExtractionSettings
from resources.generation import Failure, Generation, GenerationRequest
from resources.generation_ledger.keys import generation_key

TEXT = (
    "Along this coast sea otters hunt sea urchins. Sea urchins graze the kelp forests. "
    "Kelp forests shelter juvenile fish."
)
BARE = "It was so, and they were there."
"""A text with no terms to choose from."""
NOTHING_STATED = json.dumps(
    {"section_description": "Otters.", "list_of_entities": ["sea otters"], "relations": [{}]}
)
UNGROUNDED = json.dumps(
    {"section_description": "Lakes.", "list_of_entities": ["krill", "plankton"], "relations": [{}]}
)


def stating(*relations: tuple[str, str, str]) -> str:
    """Return an answer with relations, each a description between a source and a target."""
    return json.dumps(
        {
            "section_description": "Otters hunt.",
            "list_of_entities": ["sea otters", "sea urchins"],
            "relations": [
                {
                    "description": description,
                    "source_entities": [source],
                    "target_entities": [target],
                    "strength": "strong",
                }
                for source, description, target in relations
            ],
        }
    )


HUNT = ("sea otters", "Sea otters hunt sea urchins.", "sea urchins")
GRAZE = ("sea urchins", "Sea urchins graze the kelp forests.", "kelp forests")
GOOD = stating(HUNT)
BOTH = stating(HUNT, GRAZE)


class Chat:
    """The questions about one chunk, and answers as a server would give them."""

    def __init__(self, mode: Mode = "schema", text: str = TEXT, **settings: Any) -> None:
        chunk = Chunk(
            chunk_id="p#0", paper_id="p", index=0, text=text, start=0, end=1, overlap=0, tokens=9
        )
        prompts = bundled_prompts()
        questions = Questions(
            {"p": "A summary."}, ExtractionSettings(**settings), len, {"partition": "b"}, prompts
        )
        self.first: ExtractionTask = questions.task(chunk, mode)
        self.asking = AskingAgain([self.first], questions, JudgingPolicy())
        assert self.first.request is not None
        self.request: GenerationRequest = self.first.request

    def answer(self, text: str, endpoint: str = "gpu-0", finish: str = "stop") -> Generation:
        """Return an answer to the last request."""
        return Generation(
            subject="p#0",
            text=text,
            finish_reason=finish,
            model="m",
            endpoint=endpoint,
            prompt_tokens=9,
            cached_tokens=0,
            completion_tokens=9,
            seconds=1.0,
            attempt=self.request.attempt,
        )

    def again(self, text: str, endpoint: str = "gpu-0", finish: str = "stop") -> GenerationRequest:
        """Give an unusable answer and return what is asked next."""
        answer = self.answer(text, endpoint, finish)
        self.request = self.asking.next_request(self.request, answer)
        return self.request


def test_every_reason_of_the_rules_has_its_change() -> None:
    # A second opinion is asked for when all attempts are over.
    assert set(CHANGES) == set(RejectionReason) - {RejectionReason.DENIED}


def test_every_attempt_has_another_seed_and_another_key() -> None:
    chat = Chat()
    texts = ("", "no", UNGROUNDED, NOTHING_STATED, "", "I'm sorry, I cannot.", "no")
    asked = [chat.request, *(chat.again(text) for text in texts)]
    assert [one.attempt for one in asked] == list(range(1, 9))
    assert len({one.sampling.seed for one in asked}) == len(asked)
    assert len({generation_key(one, "m") for one in asked}) == len(asked)


def test_a_broken_answer_is_asked_for_cooler() -> None:
    chat = Chat()
    first = chat.request
    second = chat.again("Here it is: otters!", "board-0")
    third = chat.again("Otters, again.", "gpu-0")
    assert second.messages == first.messages
    temperatures = [one.sampling.temperature for one in (first, second, third)]
    assert temperatures == [0.2, 0.1, 0.05]


def test_where_a_request_should_not_run_is_no_part_of_its_key() -> None:
    one = Chat().again("Otters!")
    other = replace(one, avoid=frozenset({"gpu-0"}))
    assert one != other
    assert generation_key(one, "m") == generation_key(other, "m")


def test_names_that_are_not_in_the_text_lead_to_a_choice_of_terms() -> None:
    chat = Chat()
    again = chat.again(UNGROUNDED)
    assert "Terms:" in again.messages[-1]["content"]
    assert again.labels["prompt_version"] == bundled_prompts().version("extraction_candidates")
    assert again.sampling.temperature == ExtractionSettings().temperature
    row = chat.asking.row(chat.first, chat.answer(GOOD))
    assert (row.mode, row.attempt, row.earlier_reasons) == (
        "candidates",
        2,
        ["no_grounded_entities"],
    )
    assert "kelp forests" in row.candidates
    assert row.key == generation_key(again, "m")
    assert [one.model_dump() for one in row.messages] == list(again.messages)


@pytest.mark.parametrize("mode", ["schema", "candidates"])
def test_relations_that_are_not_stated_lead_to_a_choice_of_statements(mode: Mode) -> None:
    again = Chat(mode).again(NOTHING_STATED)
    assert "Statements:" in again.messages[-1]["content"]


def test_a_mode_is_never_loosened() -> None:
    chat = Chat("quote")
    for text in (UNGROUNDED, NOTHING_STATED, "", "no"):
        assert "Statements:" in chat.again(text).messages[-1]["content"]


def test_a_chunk_with_nothing_to_choose_from_is_asked_about_in_the_same_mode() -> None:
    chat = Chat(text=BARE)
    first = chat.request
    for text in (UNGROUNDED, NOTHING_STATED):
        again = chat.again(text)
        assert again.messages == first.messages
        assert again.sampling.seed != first.sampling.seed


def test_a_cut_off_answer_is_asked_for_with_fewer_items_down_to_some() -> None:
    chat = Chat()
    assert chat.asking.verdict(chat.answer(GOOD, finish="length")).usable  # its first half may do
    assert _most(chat.request) == (12, 8)
    bounds = [_most(chat.again(GOOD[:90], finish="length")) for _ in range(5)]
    assert bounds == [(6, 4), (3, 2), (2, 1), (2, 1), (2, 1)]


def test_a_usable_answer_that_was_cut_off_counts_as_cut_off() -> None:
    chat = Chat()
    chat.again(GOOD, finish="length")
    assert chat.asking.row(chat.first, chat.answer(GOOD)).earlier_reasons == ["truncated"]


def test_the_attempt_from_which_most_is_kept_wins() -> None:
    chat = Chat()
    chat.again(BOTH, finish="length")
    chat.again("no")
    row = chat.asking.row(chat.first, chat.answer(GOOD))
    assert (row.text, row.attempt, row.earlier_reasons) == (BOTH, 1, [])


@pytest.mark.parametrize("last", ["no", NOTHING_STATED])
def test_half_an_answer_is_better_than_none(last: str) -> None:
    chat = Chat()
    chat.again(GOOD, finish="length")
    for outcome in (chat.answer(last), Failure("p#0", "endpoints_exhausted")):
        row = chat.asking.row(chat.first, outcome)
        assert (row.text, row.status, row.attempt) == (GOOD, "completed", 1)


def test_if_no_answer_is_usable_the_row_is_that_of_the_last_attempt() -> None:
    chat = Chat()
    chat.again(UNGROUNDED)
    row = chat.asking.row(chat.first, chat.answer("no"))
    assert (row.text, row.attempt, row.earlier_reasons) == ("no", 2, ["no_grounded_entities"])


def test_a_failure_and_a_chunk_that_was_not_asked_about_have_no_earlier_reasons() -> None:
    chat = Chat()
    chat.again("no")
    assert chat.asking.row(chat.first, Failure("p#0", "endpoints_exhausted")).earlier_reasons == []
    assert chat.asking.row(replace(chat.first, request=None), None).status == "refused"


answers = st.sampled_from(
    ["", "no", GOOD[:70], UNGROUNDED, NOTHING_STATED, "I'm sorry, I cannot.", "{}", GOOD[:-40]]
)


@given(st.lists(st.tuples(answers, st.sampled_from(["stop", "length"])), max_size=6))
def test_the_same_answers_lead_to_the_same_questions(given_: list[tuple[str, str]]) -> None:
    """As after a kill: what the ledger knows is walked through again, and the rest is asked."""
    one, two = Chat(), Chat()
    for text, finish in given_:
        assert one.again(text, finish=finish) == two.again(text, finish=finish)


def _most(request: GenerationRequest) -> tuple[int, int]:
    """Return the most entities and relations that a request allows."""
    assert request.json_schema is not None
    properties = request.json_schema["properties"]
    return properties["list_of_entities"]["maxItems"], properties["relations"]["maxItems"]
