"""What asking again has gained, by reason."""

from __future__ import annotations

from relgen_assets.generation.yields import Yield


def test_chunks_count_once_for_each_reason_that_they_were_asked_again_for() -> None:
    gains = Yield()
    gains.add([], usable=True)
    gains.add([], usable=False)
    gains.add(["not_json", "not_json", "loop"], usable=True)
    gains.add(["not_json"], usable=False)
    assert (gains.first, gains.later) == (1, 1)
    assert gains.by_reason() == {"not_json": "1 of 2", "loop": "1 of 1"}
