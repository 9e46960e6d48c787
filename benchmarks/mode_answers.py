"""Answers of real models in every mode, asked as the graph asks and kept as JSON lines.

What a file holds is not asked again. Requests, schemas and the two passes are those of the project.
Chunks are asked about one after the other, a mode at a time, so that a server with one slot keeps
the instructions of the mode in its prefix cache.
"""

from __future__ import annotations

import hashlib
import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from relgen_assets.extraction.policy import DEFAULT_POLICY
from relgen_assets.generation.extraction_requests import extraction_tasks
from relgen_assets.generation.extraction_rows import extraction_row
from relgen_assets.generation.first_pass import FirstPass
from relgen_assets.generation.summary_asking import SummaryAsking
from relgen_assets.generation.summary_requests import summary_request
from relgen_assets.orchestration.first_pass import ask_first
from relgen_assets.prompts import bundled_prompts
from relgen_assets.rows.models import Chunk, Mode, Paper
from relgen_assets.settings import ExtractionSettings, FilesSource, SummarySettings
from relgen_assets.sources.registry import open_source
from relgen_assets.text.chunking import Chunker
from resources.llama_server_pool.pool import LlamaServerPool

ARTICLES = 17
"""Most articles that chunks are taken from."""
SUMMARY_ATTEMPTS = 2


@dataclass(frozen=True)
class StoredAnswer:
    """An answer of a model about a chunk; tokens and seconds are those of all its passes.

    Attributes:
        answer: The raw answer, of two passes the second; empty if the chunk was not asked about.
        seconds: Time of the requests on the server.
        names: Terms that entity names were restricted to.
        first_answer: The raw answer of the first of two passes.
        refusal: Why the chunk was not asked about.
    """

    chunk_id: str
    model: str
    mode: Mode
    temperature: float
    summary: str
    text: str
    answer: str
    finish_reason: str
    prompt_tokens: int
    completion_tokens: int
    seconds: float = 0.0
    chunk_tokens: int = 0
    names: tuple[str, ...] = ()
    first_answer: str | None = None
    refusal: str | None = None


def read_answers(path: Path) -> list[StoredAnswer]:
    """Return the answers of a file, which may have further fields; none if there is no file."""
    if not path.exists():
        return []
    known = {field.name for field in fields(StoredAnswer)}
    rows = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    return [StoredAnswer(**{key: row[key] for key in row if key in known}) for row in rows]


def choose(
    articles: Path, chunker: Chunker, count: int, *, known: Sequence[str] = ()
) -> list[tuple[Paper, Chunk]]:
    """Return chunks of many articles: the beginning of each, then one from the middle of each.

    A hash of its text decides when an article is taken, so that the choice is the same every time
    and more chunks contain fewer.

    Args:
        articles: JSON lines in the form of the source `files`.
        chunker: Cuts the articles.
        count: Number of chunks, at most twice `ARTICLES`.
        known: Chunks whose articles are left out.
    """
    with tempfile.TemporaryDirectory() as state:
        source = open_source(FilesSource(kind="files", path=str(articles)), state=Path(state))
        papers = [one for one in source.read(0, source.count()) if one.status == "used"]
    fresh = [one for one in papers if not any(text in one.article for text in known)]
    fresh.sort(key=lambda one: hashlib.sha256(one.article.encode()).hexdigest())
    cut = [(paper, chunker.chunks(paper.paper_id, paper.article)) for paper in fresh[:ARTICLES]]
    first = [(paper, chunks[0]) for paper, chunks in cut]
    middle = [(paper, chunks[len(chunks) // 2]) for paper, chunks in cut if len(chunks) > 1]
    return [*first, *middle][:count]


class Asking:
    """Asks one model about chunks, and adds each answer to a file when it arrives.

    Args:
        pool: The server of the model.
        model: Name of the model.
        answers: File of the answers.
        summaries: File of the summaries, written by the first model that needs one and shared.
        chunker: Counts tokens.
        minutes: No request is begun after this time.
    """

    def __init__(
        self,
        pool: LlamaServerPool,
        model: str,
        answers: Path,
        summaries: Path,
        chunker: Chunker,
        minutes: float,
    ) -> None:
        self._pool = pool
        self._model = model
        self._answers = answers
        self._written = summaries
        self._count: Callable[[str], int] = chunker.count
        self._prompts = bundled_prompts()
        self._end = time.monotonic() + 60 * minutes
        lines = summaries.read_text("utf-8").splitlines() if summaries.exists() else []
        self._summaries = {row["paper_id"]: row["summary"] for row in map(json.loads, lines)}

    def ask(self, chosen: Sequence[tuple[Paper, Chunk]], mode: Mode) -> None:
        """Ask about the chunks that have no answer yet.

        Raises:
            NoEndpointLeft: The server does not answer.
        """
        done = {
            one.chunk_id
            for one in read_answers(self._answers)
            if (one.model, one.mode) == (self._model, mode)
        }
        left = [(paper, chunk) for paper, chunk in chosen if chunk.chunk_id not in done]
        settings = ExtractionSettings(mode=mode, attempts=1)
        summarised = [(paper, chunk) for paper, chunk in left if self._summarise(paper)]
        first: dict[str, FirstPass] = {}
        for _, chunk in self._in_time(summarised):
            asked = ask_first(
                self._pool, [chunk], self._summaries, mode, settings, DEFAULT_POLICY, self._count,
                {}, prompts=self._prompts,
            )  # fmt: skip
            first |= asked.passes
        for _, chunk in self._in_time(summarised):
            if mode != "two_pass" or chunk.chunk_id in first:
                self._keep(self._answer(chunk, mode, settings, first))

    def _in_time(self, chosen: Sequence[tuple[Paper, Chunk]]) -> Iterator[tuple[Paper, Chunk]]:
        for one in chosen:
            if time.monotonic() < self._end:
                yield one

    def _summarise(self, paper: Paper) -> bool:
        """Return whether there is a summary of an article, asking for it if time is left."""
        if paper.paper_id not in self._summaries and time.monotonic() < self._end:
            request = summary_request(
                paper, SummarySettings(), self._count, {}, prompts=self._prompts
            )
            asking = SummaryAsking([request])
            result = self._pool.generate(
                [request],
                accept=asking.verdict,
                ask_again=asking.next_request,
                attempts=SUMMARY_ATTEMPTS,
            )
            told = asking.row(paper.paper_id, result.outcomes[paper.paper_id])
            if told.text:
                row = {"paper_id": paper.paper_id, "model": told.model, "summary": told.text}
                self._summaries[paper.paper_id] = told.text
                _append(self._written, json.dumps(row, ensure_ascii=False))
        return paper.paper_id in self._summaries

    def _answer(
        self, chunk: Chunk, mode: Mode, settings: ExtractionSettings, first: dict[str, FirstPass]
    ) -> StoredAnswer:
        (task,) = extraction_tasks(
            [chunk], self._summaries, mode, settings, self._count, {},
            prompts=self._prompts, first_passes=first,
        )  # fmt: skip
        outcome = None
        if task.request is not None:
            outcome = self._pool.generate([task.request]).outcomes[chunk.chunk_id]
        row = extraction_row(task, outcome)
        own = first.get(chunk.chunk_id)
        return StoredAnswer(
            chunk_id=chunk.chunk_id,
            model=self._model,
            mode=mode,
            temperature=settings.temperature,
            summary=self._summaries[chunk.paper_id],
            text=chunk.text,
            answer=row.text,
            finish_reason=row.finish_reason,
            prompt_tokens=row.prompt_tokens,
            completion_tokens=row.completion_tokens,
            seconds=round(row.seconds, 2),
            chunk_tokens=chunk.tokens,
            names=tuple(row.candidates),
            first_answer=own.answer.text if own and own.answer else None,
            refusal=row.reason,
        )

    def _keep(self, answer: StoredAnswer) -> None:
        _append(self._answers, json.dumps(asdict(answer), ensure_ascii=False))
        told = f"{answer.completion_tokens} tokens in {answer.seconds:.0f} s"
        sys.stderr.write(f"{answer.model} {answer.mode} {answer.chunk_id}: {told}\n")
        sys.stderr.flush()


def _append(path: Path, line: str) -> None:
    with path.open("a", encoding="utf-8") as file:
        file.write(f"{line}\n")
