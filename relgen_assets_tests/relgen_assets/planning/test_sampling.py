"""The sample of a plan: real prompts of real articles, counted."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import pytest

from relgen_assets.domain_errors import SourceError
from relgen_assets.generation.prompt_tokens import count_tokens
from relgen_assets.generation.summary_requests import summary_request
from relgen_assets.planning import Experience, take_sample
from relgen_assets.planning.sampling import spread_articles
from relgen_assets.prompts import bundled_prompts
from relgen_assets.rows.models import Paper
from relgen_assets.settings import Settings
from relgen_assets.text.chunking import Chunker
from relgen_assets_tests.projects import articles

CHUNKER = Chunker(tokens=100, overlap=20)


class Articles:
    """A source in memory that notes which rows were read."""

    def __init__(self, count: int, usable: bool = True) -> None:
        self.rows = articles(count)
        self.usable = usable
        self.numbers: list[int] = []

    def count(self) -> int:
        return len(self.rows)

    def version(self, *, anew: bool = False) -> str:
        return f"{len(self.rows)} rows, {anew}"

    def remarks(self) -> list[str]:
        return []

    def read(self, start: int, stop: int, *, signed: bool = True) -> Iterator[Paper]:
        assert signed
        for number, row in list(enumerate(self.rows))[start:stop]:
            self.numbers.append(number)
            yield Paper(
                paper_id=row["id"],
                source="test",
                title=row["title"],
                abstract=row["abstract"],
                section_names=row["section_names"].split("\n"),
                article=row["article"],
                status="used" if self.usable else "unusable",
                reason=None if self.usable else "empty_article",
            )


def settings(**sections: dict[str, object]) -> Settings:
    return Settings(**{"chunking": {"tokens": 100, "overlap": 20}, **sections})  # type: ignore[arg-type]


sampled = partial(take_sample, prompts=bundled_prompts())


def test_prompts_are_those_the_assets_send() -> None:
    source = Articles(3)
    sample = sampled(source, CHUNKER, settings(), Experience(), mode="schema")
    expected = [
        count_tokens(
            summary_request(
                paper, settings().summaries, CHUNKER.count, {}, prompts=bundled_prompts()
            ).messages,
            CHUNKER.count,
        )
        for paper in source.read(0, 3)
    ]
    assert [each.request.prompt_tokens for each in sample.summaries] == expected


def test_every_chunk_is_a_call_and_the_chunk_is_what_a_warm_server_has_to_read() -> None:
    sample = sampled(Articles(3), CHUNKER, settings(), Experience(), mode="schema")
    assert len(sample.extractions) == round(3 * sample.chunks)
    assert sample.error == 0.0
    for each in sample.extractions:
        assert 0 < each.request.prompt_tokens - each.shared_prefix <= 100
        assert each.answer <= each.request.max_tokens
    assert len({each.request.affinity for each in sample.extractions}) == 3


def test_two_passes_are_two_calls_a_chunk() -> None:
    sample = sampled(Articles(3), CHUNKER, settings(), Experience(), mode="two_pass")
    assert len(sample.entities) == len(sample.extractions) == round(3 * sample.chunks)
    assert {each.request.family for each in sample.entities} == {"entities"}
    assert sampled(Articles(3), CHUNKER, settings(), Experience(), mode="schema").entities == ()


def test_second_opinions_are_short_calls_for_a_share_of_the_relations() -> None:
    asking = settings(judging={"verify": "model"}, extractions={"max_relations": 6})
    sample = sampled(Articles(3), CHUNKER, asking, Experience(), mode="schema")
    assert sample.relations == 3
    for each in sample.opinions:
        assert each.request.family == "second_opinion"
        assert 0 < each.request.prompt_tokens - each.shared_prefix < 100
    assert sampled(Articles(3), CHUNKER, settings(), Experience(), mode="schema").opinions == ()


def test_a_long_source_is_sampled_at_several_places() -> None:
    source = Articles(100)
    sample = sampled(source, CHUNKER, settings(), Experience(), mode="schema", articles=10)
    assert source.numbers == [0, 1, 20, 21, 40, 41, 60, 61, 80, 81]
    assert sample.articles == 10


def test_candidates_make_the_prompt_longer() -> None:
    free = sampled(Articles(2), CHUNKER, settings(), Experience(), mode="schema")
    bound = sampled(Articles(2), CHUNKER, settings(), Experience(), mode="candidates")
    own = [
        max(each.request.prompt_tokens - each.shared_prefix for each in sample.extractions)
        for sample in (free, bound)
    ]
    assert own[1] > own[0]


def test_a_prompt_the_pool_would_refuse_has_the_length_the_pool_estimates() -> None:
    endpoints = [{"name": "a", "url": "http://a:80", "context": 1_100}]
    tight = settings(pool={"endpoints": endpoints}, extractions={"max_tokens": 256})
    roomy = settings(extractions={"max_tokens": 256})
    short, exact = (
        sampled(Articles(2), CHUNKER, each, Experience(), mode="schema").extractions[0].request
        for each in (tight, roomy)
    )
    assert short.prompt_tokens > exact.prompt_tokens


def test_a_sample_without_a_usable_article_is_an_error() -> None:
    with pytest.raises(SourceError, match="none of the 3 sampled articles"):
        sampled(Articles(3, usable=False), CHUNKER, settings(), Experience(), mode="schema")


@pytest.mark.parametrize("total", [1, 2, 6, 12, 13, 40])
def test_no_article_is_taken_twice(total: int) -> None:
    for wanted in range(1, total + 2):
        source = Articles(total)
        papers = list(spread_articles(source, total, wanted))
        assert len(papers) == min(wanted, total)
        assert len(set(source.numbers)) == len(source.numbers)


def test_without_summaries_none_is_planned_and_prompts_are_shorter() -> None:
    taken = partial(
        take_sample, Articles(3), CHUNKER, experience=Experience(), mode="schema",
        prompts=bundled_prompts(),
    )  # fmt: skip
    usual = taken(settings=Settings())
    without = taken(settings=Settings.model_validate({"summaries": {"enabled": False}}))
    assert usual.summaries and not without.summaries
    longest = [max(one.request.prompt_tokens for one in s.extractions) for s in (usual, without)]
    assert longest[1] < longest[0]
