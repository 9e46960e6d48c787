"""What a plan learns from earlier calls."""

from __future__ import annotations

from random import Random

import pytest

from relgen_assets.planning.experience import (
    FEWEST_CALLS,
    PREFILL_PER_DECODE,
    Experience,
    fit_speed,
    learn,
)
from resources.generation_ledger.call_costs import CallCost
from resources.llama_server_pool.scheduling.lengths import MEDIAN_SHARE


def call(
    prompt: int, answer: int, seconds: float, *, cached: int = 0, attempt: int = 1
) -> CallCost:
    return CallCost("extraction", "m", "gpu", attempt, prompt, cached, answer, seconds)


def calls_of(prefill: float, decode: float, noise: float = 0.0) -> list[CallCost]:
    random = Random(0)
    calls: list[CallCost] = []
    for _ in range(60):
        prompt, cached, answer = random.randint(100, 2_000), 50, random.randint(20, 600)
        seconds = (prompt - cached) / prefill + answer / decode
        seconds *= random.uniform(1 - noise, 1 + noise)
        calls.append(call(prompt, answer, seconds, cached=cached))
    return calls


def test_both_speeds_follow_from_wall_times() -> None:
    speed = fit_speed(calls_of(prefill=150.0, decode=12.0))
    assert speed.prefill == pytest.approx(150.0)
    assert speed.decode == pytest.approx(12.0)


def test_noise_moves_speeds_little() -> None:
    speed = fit_speed(calls_of(prefill=150.0, decode=12.0, noise=0.2))
    assert speed.prefill == pytest.approx(150.0, rel=0.25)
    assert speed.decode == pytest.approx(12.0, rel=0.1)


def test_where_prompts_and_answers_grow_together_a_ratio_is_assumed() -> None:
    calls = [call(1_000, 100, 15.0) for _ in range(20)]
    speed = fit_speed(calls)
    assert speed.prefill == pytest.approx(PREFILL_PER_DECODE * speed.decode)
    assert 1_000 / speed.prefill + 100 / speed.decode == pytest.approx(15.0)


def test_further_attempts_are_counted_per_subject() -> None:
    calls = [call(100, 50, 1.0) for _ in range(20)] + [call(100, 50, 1.0, attempt=2)] * 5
    assert learn(calls).attempts == {"extraction": 1.25}


def test_a_few_calls_teach_nothing() -> None:
    assert learn([call(100, 50, 1.0)] * (FEWEST_CALLS - 1)) == Experience()


def test_calls_without_an_answer_or_a_time_say_nothing_about_speed() -> None:
    assert learn([call(100, 0, 1.0)] * 30 + [call(100, 10, 0.0)] * 30).speeds == {}


def test_known_lengths_are_drawn_and_never_beyond_the_limit() -> None:
    experience = learn([call(100, length, 1.0) for length in range(10, 110)])
    drawn = experience.draw_answers("extraction", 80, 500, Random(1))
    assert min(drawn) >= 10
    assert max(drawn) == 80


def test_unknown_lengths_are_drawn_around_a_share_of_the_limit() -> None:
    drawn = sorted(Experience().draw_answers("extraction", 1_000, 2_001, Random(1)))
    assert drawn[1_000] == pytest.approx(MEDIAN_SHARE * 1_000, rel=0.1)
    assert drawn[-1] <= 1_000
