"""Answer lengths: learned from answers, longer the longer an answer runs."""

from __future__ import annotations

from random import Random

import hypothesis.strategies as st
import pytest
from hypothesis import given

from resources.llama_server_pool.scheduling.lengths import LengthModel
from resources.llama_server_pool.scheduling.values import QueuedRequest

PLAIN = QueuedRequest("plain", 100, 2048)
HINTED = QueuedRequest("hinted", 100, 2048, expected_tokens=400.0)


def taught(request: QueuedRequest, lengths: list[int]) -> LengthModel:
    model = LengthModel()
    for tokens in lengths:
        model.observe(request, tokens)
    return model


def lognormal(count: int) -> list[int]:
    random = Random(3)
    return [min(2048, round(random.lognormvariate(5.5, 0.6))) for _ in range(count)]


def test_the_mean_is_learned() -> None:
    sample = lognormal(400)

    learned = taught(PLAIN, sample).expected(PLAIN)

    assert learned == pytest.approx(sum(sample) / len(sample), rel=0.1)


def test_what_still_runs_is_expected_to_be_as_long_as_its_longer_peers() -> None:
    sample = lognormal(4000)
    model = taught(PLAIN, sample)

    for produced in (100, 300, 600):
        longer = [tokens for tokens in sample if tokens > produced]
        expected = model.expected(PLAIN, produced)
        assert expected == pytest.approx(sum(longer) / len(longer), rel=0.15)


def test_a_hint_is_believed_before_anything_is_known() -> None:
    assert LengthModel().expected(HINTED) == pytest.approx(400, rel=0.1)


def test_hints_that_are_always_half_the_truth_are_corrected() -> None:
    model = taught(HINTED, [800] * 50)

    assert model.expected(HINTED) == pytest.approx(800, rel=0.1)


def test_families_do_not_mix() -> None:
    summary = QueuedRequest("s", 100, 2048, family="summary")
    model = taught(summary, [1500] * 50)

    assert model.expected(summary) == pytest.approx(1500, rel=0.1)
    assert model.expected(PLAIN) == LengthModel().expected(PLAIN)


def test_a_shift_of_the_lengths_is_followed() -> None:
    model = taught(PLAIN, [1000] * 2000 + [100] * 2000)

    assert model.expected(PLAIN) == pytest.approx(100, rel=0.2)


def test_answers_without_tokens_teach_nothing() -> None:
    assert taught(PLAIN, [0, -3]).expected(PLAIN) == LengthModel().expected(PLAIN)


@given(
    lengths=st.lists(st.integers(1, 2048), max_size=20),
    produced=st.floats(0, 5000),
    hint=st.none() | st.floats(0, 5000),
    limit=st.integers(1, 4096),
)
def test_expectations_are_never_absurd(
    lengths: list[int], produced: float, hint: float | None, limit: int
) -> None:
    request = QueuedRequest("request", 10, limit, hint)
    expected = taught(request, lengths).expected(request, produced)

    assert 0 < expected <= limit
    assert expected >= min(produced, limit)
