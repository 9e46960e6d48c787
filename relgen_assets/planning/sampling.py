"""A sample of the source: the number of calls per article, and the lengths of prompts.

Prompts are built as the assets build them, and their tokens are counted. Only the summaries, which
do not exist yet, count with their expected length.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from random import Random
from statistics import fmean, stdev

from relgen_assets.domain_errors import SourceError
from relgen_assets.generation.entity_pass import entity_requests
from relgen_assets.generation.extraction_requests import extraction_tasks
from relgen_assets.generation.first_pass import FirstPass
from relgen_assets.generation.prompt_tokens import count_tokens, estimate_tokens
from relgen_assets.generation.second_opinions import example_request
from relgen_assets.generation.summary_requests import SUMMARY_TASK, summary_request
from relgen_assets.planning.experience import Experience
from relgen_assets.prompts import PromptSet
from relgen_assets.rows.models import Chunk, Mode, Paper
from relgen_assets.settings import Settings
from relgen_assets.sources import ArticleSource
from relgen_assets.text.candidates import candidate_terms
from relgen_assets.text.chunking import Chunker
from resources.generation import GenerationRequest
from resources.llama_server_pool.scheduling.values import QueuedRequest
from resources.llama_server_pool.simulation.workload import SimulatedRequest

ARTICLES = 50
"""Default number of articles of a sample."""
BLOCKS = 5
"""Number of evenly spread places in the source from which the articles are read."""
MOST_PROMPTS = 100
"""Number of extraction prompts that are built; chunks are counted over all sampled articles."""

KEPT_SHARE = 0.5
"""Assumed share of the relations that an answer may hold which it holds and the rules keep. Nobody
knows it before the first batch."""


@dataclass(frozen=True, slots=True)
class Sample:
    """The calls that a few articles of the source lead to.

    Attributes:
        articles: Articles in the sample.
        usable: Usable articles in the sample.
        chunks: Mean chunks per article, over all in the sample.
        error: Standard error of `chunks`; 0 if it is exact or cannot be estimated.
        summaries: Calls for summaries.
        extractions: Calls for extractions.
        extraction_share: Fraction of the chunks that lead to a call.
        entities: Calls for the names in chunks, one each; none in a mode with one pass.
        opinions: Calls for second opinions; none if the rules alone decide.
        relations: Relations of an answer that opinions are asked for, a mean that is assumed.
    """

    articles: int
    usable: int
    chunks: float
    error: float
    summaries: tuple[SimulatedRequest, ...]
    extractions: tuple[SimulatedRequest, ...]
    extraction_share: float
    entities: tuple[SimulatedRequest, ...] = ()
    opinions: tuple[SimulatedRequest, ...] = ()
    relations: float = 0.0


@dataclass(frozen=True, slots=True)
class _Counting:
    settings: Settings
    count: Callable[[str], int]
    experience: Experience
    mode: Mode
    prompts: PromptSet
    random: Random


@dataclass(frozen=True, slots=True)
class _Prompt:
    """A request that the run would make.

    Attributes:
        written_later: Tokens of its prompt that do not exist yet.
        own: Tokens of its prompt that no other request shares; `None` if all are.
    """

    request: GenerationRequest
    written_later: int = 0
    own: int | None = None


def take_sample(
    source: ArticleSource,
    chunker: Chunker,
    settings: Settings,
    experience: Experience,
    *,
    mode: Mode,
    prompts: PromptSet,
    articles: int = ARTICLES,
    seed: int = 0,
) -> Sample:
    """Sample some articles of a source.

    Args:
        source: The source of articles.
        chunker: Cuts them and counts tokens.
        settings: Sampling and limits.
        experience: Known lengths of answers.
        mode: How entity names will be constrained.
        prompts: The templates that will be filled.
        articles: Size of the sample; a smaller source is taken whole.
        seed: Seed of all random choices.

    Raises:
        SourceError: The source cannot be read, or no sampled article is usable.
    """
    total = source.count()
    papers = list(spread_articles(source, total, articles))
    used = [paper for paper in papers if paper.status == "used"]
    if not used:
        raise SourceError(
            f"none of the {len(papers)} sampled articles is usable.",
            where=settings.source.name,
            remedy="See the reasons with `relgen run` on one batch, or take a larger sample.",
        )
    limit = settings.chunking.max_chunks_per_article
    cut = {one.paper_id: chunker.chunks(one.paper_id, one.article, limit=limit) for one in used}
    counts = [len(cut.get(paper.paper_id, ())) for paper in papers]
    random = Random(seed)  # noqa: S311 - a draw for a forecast
    counting = _Counting(settings, chunker.count, experience, mode, prompts, random)
    shuffled = random.sample(used, len(used))
    chunks = _few([cut[one.paper_id] for one in shuffled])
    extractions = _extractions(counting, chunks)
    exact = len(papers) >= total or len(papers) < 2
    return Sample(
        articles=len(papers),
        usable=len(used),
        chunks=fmean(counts),
        error=0.0 if exact else stdev(counts) / math.sqrt(len(counts)),
        summaries=_summaries(counting, used),
        extractions=extractions,
        extraction_share=len(extractions) / len(chunks) if chunks else 0.0,
        entities=_entities(counting, chunks) if mode == "two_pass" else (),
        opinions=_opinions(counting, chunks) if settings.judging.asks_model else (),
        relations=KEPT_SHARE * settings.extractions.bounds(mode).relations,
    )


def spread_articles(source: ArticleSource, total: int, wanted: int) -> Iterator[Paper]:
    """Yield articles from evenly spread places of the source.

    Args:
        source: The source.
        total: Number of its articles.
        wanted: How many to yield, or all if there are fewer.
    """
    if wanted >= total:
        yield from source.read(0, total)
        return
    blocks = min(BLOCKS, wanted)
    taken = 0
    for block in range(blocks):
        size = wanted // blocks + (block < wanted % blocks)
        start = taken + block * (total - wanted) // blocks  # what is left out stands between them
        yield from source.read(start, start + size)
        taken += size


def _summaries(counting: _Counting, papers: Sequence[Paper]) -> tuple[SimulatedRequest, ...]:
    options = counting.settings.summaries
    if not options.enabled:
        return ()
    requests = [
        summary_request(paper, options, counting.count, {}, prompts=counting.prompts)
        for paper in papers
    ]
    return _simulated(counting, [_Prompt(request) for request in requests])


def _few(articles: Sequence[Sequence[Chunk]]) -> list[Chunk]:
    """Return the chunks whose prompts are built: those of the first articles."""
    few: list[Chunk] = []
    for chunks in articles:
        if len(few) >= MOST_PROMPTS:
            break
        few += chunks
    return few


def _extractions(counting: _Counting, chunks: Sequence[Chunk]) -> tuple[SimulatedRequest, ...]:
    """Return the calls for extractions that chunks lead to."""
    options, mode = counting.settings.extractions, counting.mode
    passes: dict[str, FirstPass] = {}
    if mode == "two_pass":
        # Terms of a chunk stand for the names that a first pass will find.
        most = options.bounds(mode).entities
        passes = {one.chunk_id: FirstPass(candidate_terms(one.text, most)) for one in chunks}
    tasks = extraction_tasks(
        chunks, _shown(counting, chunks), mode, options, counting.count, {},
        prompts=counting.prompts, first_passes=passes,
    )  # fmt: skip
    asked = [(one.request, one.chunk, one.candidates) for one in tasks if one.request is not None]
    return _about_chunks(counting, asked)


def _entities(counting: _Counting, chunks: Sequence[Chunk]) -> tuple[SimulatedRequest, ...]:
    """Return the calls for the names in chunks."""
    requests = entity_requests(
        chunks, _shown(counting, chunks), counting.settings.extractions, counting.count, {},
        prompts=counting.prompts,
    )  # fmt: skip
    asked = [(one, chunk, ()) for one, chunk in zip(requests, chunks, strict=True)]
    return _about_chunks(counting, asked)


def _opinions(counting: _Counting, chunks: Sequence[Chunk]) -> tuple[SimulatedRequest, ...]:
    """Return calls for second opinions, one for each chunk; how many there will be is assumed."""
    asked = [example_request(one, counting.count, prompts=counting.prompts) for one in chunks]
    return _simulated(counting, [_Prompt(request, own=own) for request, own in asked])


def _shown(counting: _Counting, chunks: Sequence[Chunk]) -> dict[str, str] | None:
    """Return stand-ins for the summaries, which are not written yet, by article."""
    if not counting.settings.summaries.enabled:
        return None
    return dict.fromkeys((chunk.paper_id for chunk in chunks), "")


def _about_chunks(
    counting: _Counting, asked: Iterable[tuple[GenerationRequest, Chunk, Sequence[str]]]
) -> tuple[SimulatedRequest, ...]:
    """Return requests about chunks, each with its own terms, as the simulator takes them."""
    # A summary that is not written yet counts with the mean of known or assumed lengths.
    longest = counting.settings.summaries.max_tokens
    lengths = counting.experience.draw_answers(SUMMARY_TASK, longest, 1_000, counting.random)
    summary = round(fmean(lengths)) if counting.settings.summaries.enabled else 0
    prompts = [
        _Prompt(request, summary, chunk.tokens + counting.count("; ".join(terms)))
        for request, chunk, terms in asked
    ]
    return _simulated(counting, prompts)


def _simulated(counting: _Counting, prompts: Sequence[_Prompt]) -> tuple[SimulatedRequest, ...]:
    """Return the requests of one task as the simulator takes them, with answer lengths."""
    if not prompts:
        return ()
    first = prompts[0].request
    answers = counting.experience.draw_answers(
        first.task, first.sampling.max_tokens, len(prompts), counting.random
    )
    return tuple(
        _simulated_request(counting, prompt, answer)
        for prompt, answer in zip(prompts, answers, strict=True)
    )


def _simulated_request(counting: _Counting, prompt: _Prompt, answer: int) -> SimulatedRequest:
    request = prompt.request
    tokens = count_tokens(request.messages, counting.count) + prompt.written_later
    estimated = estimate_tokens(request.messages, counting.count) + prompt.written_later
    longest = request.sampling.max_tokens
    largest = _largest_context(counting.settings)
    if largest is not None and estimated + longest > largest:
        tokens = estimated  # the pool refuses what might not fit, so the plan does too
    return SimulatedRequest(
        QueuedRequest(
            id=f"{request.task}:{request.subject}",
            prompt_tokens=tokens,
            max_tokens=longest,
            affinity=request.affinity,
            family=request.task,
        ),
        answer=answer,
        shared_prefix=0 if prompt.own is None else max(0, tokens - prompt.own),
    )


def _largest_context(settings: Settings) -> int | None:
    contexts = [endpoint.context for endpoint in settings.pool.endpoints]
    return None if None in contexts else max((c for c in contexts if c is not None), default=None)
