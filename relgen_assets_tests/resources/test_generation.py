"""Content retries ask a slightly different question, and the same one in every run."""

from __future__ import annotations

from relgen_assets_tests.resources.llama_server_pool.pools import question
from resources.generation import TEMPERATURE_LIMIT, Sampling, next_attempt


def test_the_next_attempt_has_another_seed_and_is_slightly_warmer() -> None:
    request = question(1)
    again = next_attempt(request)
    assert again.attempt == 2
    assert again.sampling.seed != request.sampling.seed
    assert request.sampling.temperature < again.sampling.temperature < 0.5
    assert again.messages == request.messages


def test_attempts_are_the_same_on_every_run() -> None:
    assert next_attempt(next_attempt(question(1))) == next_attempt(next_attempt(question(1)))


def test_attempts_get_no_warmer_than_the_limit_unless_the_first_was() -> None:
    request = question(1)
    for _ in range(50):
        request = next_attempt(request)
    assert request.sampling.temperature == TEMPERATURE_LIMIT
    hot = question(2, sampling=Sampling(temperature=1.8, max_tokens=9))
    assert next_attempt(hot).sampling.temperature == 1.8
