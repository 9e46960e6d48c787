"""Prompts are as long as the servers' model counts them, whatever their script."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from relgen_assets_tests.fakes.faults import FaultKind, ServerFault
from relgen_assets_tests.fakes.hostile import http
from relgen_assets_tests.fakes.llama_server import FakeLlamaServer
from relgen_assets_tests.resources.llama_server_pool.pools import (
    MODEL,
    endpoint,
    is_question,
    long_questions,
    pool_of,
    question,
)
from resources.generation import Failure, Generation, GenerationRequest, Message
from resources.llama_server_pool.endpoint import Dialect
from resources.llama_server_pool.health.prompt_sizes import PromptSizes, script_of
from resources.llama_server_pool.pool import LlamaServerPool
from resources.llama_server_pool.servers.registry import SERVER_TYPES
from resources.llama_server_pool.servers.server_type import ServerFacts

pytestmark = pytest.mark.timeout(60)

TEXTS = {
    "LATIN": "The naïve estimate of a prompt. ",
    "LATIN+": "Nước biển ấm lên làm san hô bị tẩy trắng. ",
    "GREEK": "στη θάλασσα θερμαίνεται το νερό, ασπρίζουν τα κοράλλια. ",
    "ARABIC": "ترتفع حرارة البحر فتبيض الشعاب المرجانية. ",
    "DEVANAGARI": "समुद्र गर्म होता है और मूंगे सफेद हो जाते हैं। ",
    "THAI": "ทะเลอุ่นขึ้นและปะการังฟอกขาว ",
    "CJK": "海水变暖导致珊瑚白化。",
}


def brief(body: dict[str, Any]) -> str:
    """Answer with the beginning of the question."""
    return f"the answer to {body['messages'][-1]['content'][:11]}"


def answered(pool: LlamaServerPool, requests: Sequence[GenerationRequest]) -> bool:
    """Generate, and return whether every request got its own answer."""
    outcomes = pool.generate(requests).outcomes
    return all(
        isinstance(one := outcomes[request.subject], Generation)
        and one.text == f"the answer to {request.messages[-1]['content'][:11]}"
        for request in requests
    )


def about(text: str, prompt_tokens: int, number: int = 0) -> GenerationRequest:
    """Return a request that ends with a text."""
    told = Message(role="user", content=f"question {number} Summarise this article: {text}")
    return question(number, messages=(told,), prompt_tokens=prompt_tokens)


@pytest.mark.parametrize("script", TEXTS)
def test_the_script_of_the_text_counts_not_that_of_the_instructions(script: str) -> None:
    assert script_of(about(TEXTS[script] * 20, 500)) == script


@pytest.mark.parametrize("script", TEXTS)
def test_an_unknown_tokenizer_may_need_few_tokens_for_a_script(script: str) -> None:
    least = 800 if script == "LATIN" else 400
    assert PromptSizes().tokens(about(TEXTS[script] * 20, 1000)) == least


def test_what_servers_count_is_learned_for_each_script() -> None:
    sizes = PromptSizes()
    sizes.counted(about(TEXTS["ARABIC"] * 20, 1000), 540)
    sizes.counted(about(TEXTS["LATIN"] * 20, 1000), 1100)
    assert sizes.tokens(about(TEXTS["ARABIC"] * 30, 2000)) == 1080
    assert sizes.tokens(about(TEXTS["LATIN"] * 30, 2000)) == 2200
    assert sizes.tokens(about(TEXTS["THAI"] * 30, 2000)) == 800


def test_servers_that_count_uncached_tokens_only_do_not_make_prompts_shorter() -> None:
    sizes = PromptSizes()
    for counted in (540, 40, 12, 300, 0):
        sizes.counted(about(TEXTS["GREEK"] * 20, 1000), counted)
    assert sizes.tokens(about(TEXTS["GREEK"] * 20, 1000)) == 540


def test_absurd_counts_and_short_prompts_teach_nothing() -> None:
    sizes = PromptSizes()
    sizes.counted(about(TEXTS["LATIN"], 1000), 10_000_000)
    sizes.counted(about(TEXTS["LATIN"], 20), 38)
    assert sizes.tokens(about(TEXTS["LATIN"], 1000)) == 800


def test_a_server_that_counts_uncached_tokens_only_loses_no_request(tmp_path: Path) -> None:
    with (
        FakeLlamaServer(slots=1, answer=brief) as well,
        FakeLlamaServer(slots=2, answer=brief) as counting,
        pool_of(tmp_path, well, counting) as pool,
    ):
        counting.fail_always(ServerFault(FaultKind.count_less, tokens=12), is_question)
        requests = long_questions(40, 400)
        assert answered(pool, requests)
        assert any(is_question(one.body) for one in counting.requests)


def test_texts_in_scripts_that_are_estimated_twice_too_long_are_answered(tmp_path: Path) -> None:
    with (
        FakeLlamaServer(slots=2, answer=brief, context=640) as server,
        pool_of(tmp_path, server) as pool,
    ):
        requests = [about(TEXTS["ARABIC"] * 40, 900, number) for number in range(4)]
        assert answered(pool, requests)


def test_a_prompt_that_is_too_long_indeed_is_refused_once_and_with_its_reason(
    tmp_path: Path,
) -> None:
    with (
        FakeLlamaServer(slots=2, answer=brief, context=640) as server,
        pool_of(tmp_path, server) as pool,
    ):
        requests = [about(TEXTS["ARABIC"] * 80, 1400, number) for number in range(2)]
        outcomes = pool.generate(requests).outcomes.values()
        assert [one.reason for one in outcomes if isinstance(one, Failure)] == [
            "context_exceeded"
        ] * 2
        assert sum(is_question(one.body) for one in server.requests) == 2


def test_an_answer_to_a_prompt_that_was_cut_is_kept_with_its_reason_and_not_made_again(
    tmp_path: Path,
) -> None:
    request = about(TEXTS["ARABIC"] * 80, 1000)  # as few as 400 tokens, in fact more than 640
    with FakeLlamaServer(dialect=Dialect.ollama, slots=1, context=640, answer=brief) as cutting:
        for _ in range(2):
            with pool_of(tmp_path, cutting) as pool:
                outcome = pool.generate([request]).outcomes["subject-0"]
                assert isinstance(outcome, Failure)
                assert outcome.reason == "context_exceeded"
                kept = [one for one in pool.ledger.entries(superseded=True) if one.superseded_at]
        assert sum(is_question(one.body) for one in cutting.requests) == 1
        assert len([one for one in kept if not isinstance(one.outcome, Failure)]) == 1
        assert pool.ledger.outgrown([request], MODEL) == {"subject-0": 640}
        with (
            FakeLlamaServer(slots=1, context=4096, answer=brief) as large,
            pool_of(tmp_path, cutting, endpoint(large, "large")) as pool,
        ):
            assert answered(pool, [request])
        assert sum(is_question(one.body) for one in cutting.requests) == 1


@pytest.mark.parametrize(("loaded", "fits"), [(16_384, True), (2_048, False)])
def test_a_context_that_is_known_only_once_the_model_is_loaded_decides(
    tmp_path: Path, loaded: int, fits: bool
) -> None:
    with FakeLlamaServer(
        dialect=Dialect.ollama, slots=1, context=loaded, answer=brief, model=MODEL
    ) as cold:

        def until_loaded(path: str, _sent: Any) -> bytes | None:
            """Name no context before the first completion, as Ollama does after its start."""
            hidden = {"/api/ps": b'{"models":[]}', "/api/show": b'{"parameters":""}'}
            return None if cold.completions_started or path not in hidden else http(hidden[path])

        cold.raw = until_loaded
        with pool_of(tmp_path, cold) as pool:
            requests = long_questions(2, 3_600)  # of 4,500 tokens, more than Ollama's default
            assert answered(pool, requests) == fits
        assert any(is_question(one.body) for one in cold.requests) == fits


@pytest.mark.parametrize(("counted", "cut"), [(2048, True), (4096, True), (2047, False)])
def test_an_old_ollama_that_tells_no_context_gives_itself_away_by_its_window(
    counted: int, cut: bool
) -> None:
    found = SERVER_TYPES[Dialect.ollama].cut_at(counted, 5000, ServerFacts(Dialect.ollama))
    assert found == (counted if cut else None)
