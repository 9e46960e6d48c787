"""A dataset made in two manners names them, with the batches of each."""

from __future__ import annotations

from relgen_assets.export.examples import CoreExample, FullExample
from relgen_assets.export.footers import facts_of
from relgen_assets.export.shards import Shard
from relgen_assets.integrity.mixtures import mixtures
from relgen_assets_tests.relgen_assets.export.batch import shaping as rules_of_rows


def shard(batch: str, *, model: str = "m", prompt: str = "p1", shaping: str = "f1") -> Shard:
    facts = facts_of([], rules_of_rows()).model_copy(
        update={
            "digest": batch,
            "shaping": shaping,
            "models": {model: 1},
            "prompt_versions": {prompt: 1},
            "summary_models": {model: 1},
            "summary_prompt_versions": {"s1": 1},
            "student_prompts": {"summary_given": 1},
        }
    )
    return Shard("full", "train", batch, url=batch, rows=1, row=FullExample, facts=facts)


def without_facts(batch: str) -> Shard:
    return Shard("core", "train", batch, url=batch, rows=1, row=CoreExample, facts=None)


def test_rows_made_alike_are_no_mixture() -> None:
    shards = [shard("a"), without_facts("a"), shard("b"), shard("b")]
    assert mixtures(shards, {"a": "rules-1", "b": "rules-1"}) == []
    assert mixtures([], {}) == []


def test_two_prompts_are_named_with_their_batches() -> None:
    shards = [shard("a"), shard("b", prompt="p2"), shard("c")]
    (mixture,) = mixtures(shards, {})
    assert mixture.what == "extraction prompts"
    assert mixture.batches == {"p1": ["a", "c"], "p2": ["b"]}
    assert str(mixture) == "2 extraction prompts: p1 in a, c; p2 in b"


def test_two_models_in_one_batch_are_a_mixture_of_both_kinds() -> None:
    found = mixtures([shard("a"), shard("a", model="other")], {})
    assert [one.what for one in found] == ["summary models", "extraction models"]


def test_chunks_that_were_asked_about_again_in_another_mode_are_no_mixture() -> None:
    one, other = shard("a"), shard("b")
    assert other.facts is not None
    other.facts.prompt_versions = {"p1": 1, "p1-quote": 2}
    other.facts.first_prompt_versions = {"p1": 1}
    assert mixtures([one, other], {}) == []


def test_rules_count_only_for_batches_of_the_dataset() -> None:
    shards = [shard("a"), shard("b")]
    assert mixtures(shards, {"a": "rules-1", "dropped": "rules-2"}) == []
    (mixture,) = mixtures(shards, {"a": "rules-1", "b": "rules-2"})
    assert mixture.what == "rules"


def test_many_batches_are_counted_after_the_first_five() -> None:
    shards = [shard(f"b{number}") for number in range(8)]
    (mixture,) = mixtures([*shards, shard("other", prompt="p2")], {})
    assert "p1 in b0, b1, b2, b3, b4 and 3 more; p2 in other" in str(mixture)


def test_training_rows_of_two_forms_are_a_mixture() -> None:
    (found,) = mixtures([shard("a"), shard("b", shaping="f2")], {})
    assert str(found) == "2 forms of training rows: f1 in a; f2 in b"
