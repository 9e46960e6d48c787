"""Benchmark: the modes of extraction compared, with real models.

    python -m benchmarks.modes ANSWERS.jsonl --articles ARTICLES.jsonl [--model FILE.gguf]
        [--modes schema quote …] [--chunks 12] [--minutes 60] [--without OTHER.jsonl]
    python -m benchmarks.modes ANSWERS.jsonl … --judge-only

Asks a model about chunks of real articles in each mode and adds the answers to a file, with chunk,
summary, tokens and seconds; what the file holds is not asked again, so a run that was stopped goes
on. The model is that of a GGUF file, served as the embedded model is; without a file the embedded
model itself; with `--url` that of a running server. All models get the summaries that the first one
wrote. Then the answers of all files are judged by the rules at hand:

- *valid*, *repaired*, *rejected*: chunks by verdict; a chunk that offers nothing to choose from is
  rejected without a request;
- *names in the text*: the share of the distinct names of an answer that its chunk has;
- *supported*: the share of the answered relations that the judge keeps;
- *kept per 1,000 tokens*: kept relations over tokens written, and over tokens read and written;
- *seconds*: mean time of a chunk that was asked about, on the server, all passes together.

`--same-chunks` leaves out chunks about which a model was not asked in all its modes.
`--show N` prints the relations kept of the first N chunks of each model and mode, to be read.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import get_args

from benchmarks.machine import machine_line
from benchmarks.mode_answers import Asking, StoredAnswer, choose, read_answers
from relgen_assets.extraction import SentPrompt, judge
from relgen_assets.extraction.draft import Draft
from relgen_assets.extraction.grounding import GroundedText
from relgen_assets.extraction.judge import Judgement
from relgen_assets.extraction.salvage import salvage
from relgen_assets.extraction.shape import drafts
from relgen_assets.generation.templates import extraction_templates
from relgen_assets.prompts import PromptTask, bundled_prompts
from relgen_assets.rows.models import Mode
from relgen_assets.text.chunking import Chunker
from resources.generation_ledger.ledger import GenerationLedger
from resources.llama_server_pool.embedded.server import EmbeddedServer
from resources.llama_server_pool.endpoint import Endpoint
from resources.llama_server_pool.pool import LlamaServerPool

MODES: tuple[Mode, ...] = get_args(Mode)


@dataclass(frozen=True)
class Judged:
    """A stored answer, what it states, and the verdict on it."""

    stored: StoredAnswer
    draft: Draft
    judgement: Judgement

    @property
    def kept(self) -> int:
        """Number of relations that the judge keeps."""
        extraction = self.judgement.extraction
        return len(extraction.relations) if extraction else 0

    @property
    def names(self) -> set[str]:
        """The distinct names of the answer, in its list and in its relations."""
        sides = (
            name
            for one in self.draft.relations
            for name in (*one.source_entities, *one.target_entities)
        )
        return {*self.draft.entities, *sides}


def judged(stored: StoredAnswer) -> Judged:
    """Return an answer with the verdict of the rules at hand."""
    found = [one for value in salvage(stored.answer) for one in drafts(value.value)]
    draft = max(found, key=lambda one: len(one.relations), default=Draft())
    verdict = judge(
        stored.answer,
        stored.text,
        finish_reason=stored.finish_reason,
        prompt=_sent(extraction_templates(stored.mode, stored.names)),
    )
    return Judged(stored, draft, verdict)


def _sent(templates: Iterable[PromptTask]) -> SentPrompt:
    """Return what templates hold apart from article and summary, as the messages that were sent."""
    turns = [turn for one in templates for turn in bundled_prompts().template(one).turns]
    return SentPrompt(tuple((turn.role, turn.content) for turn in turns))


def row_of(answers: Sequence[Judged]) -> str:
    """Return the line of the table for one model in one mode."""
    stored = [one.stored for one in answers]
    verdicts = Counter(one.judgement.verdict for one in answers)
    names = [(name, GroundedText(one.stored.text)) for one in answers for name in one.names]
    grounded = sum(text.ground(name) is not None for name, text in names)
    stated = sum(len(one.draft.relations) for one in answers)
    kept = sum(one.kept for one in answers)
    written = sum(one.completion_tokens for one in stored)
    tokens = written + sum(one.prompt_tokens for one in stored)
    seconds = [one.seconds for one in stored if one.seconds]
    cells = (
        stored[0].model,
        stored[0].mode,
        len(answers),
        *(verdicts[one] for one in ("valid", "repaired", "rejected")),
        _share(grounded, len(names)),
        f"{stated} / {kept}",
        _share(kept, stated),
        _rate(kept, written),
        _rate(kept, tokens),
        f"{fmean(seconds):.0f}" if seconds else "-",
    )
    return f"| {' | '.join(map(str, cells))} |"


HEAD = (
    "| model | mode | chunks | valid | repaired | rejected | names in the text |"
    " relations stated / kept | supported | kept per 1,000 tokens written | read and written |"
    " seconds |\n|---|---|---|---|---|---|---|---|---|---|---|---|"
)


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.0%}" if whole else "-"


def _rate(kept: int, tokens: int) -> str:
    return f"{1000 * kept / tokens:.1f}" if tokens else "-"


def groups(answers: Iterable[StoredAnswer]) -> Iterator[list[Judged]]:
    """Yield the answers of each model in each mode, in the order in which they first occur."""
    found: dict[tuple[str, str], list[Judged]] = {}
    for one in answers:
        found.setdefault((one.model, one.mode), []).append(judged(one))
    yield from found.values()


def same_chunks(answers: Sequence[StoredAnswer]) -> list[StoredAnswer]:
    """Return the answers about chunks that a model was asked about in all its modes."""
    modes: dict[str, set[str]] = {}
    asked: dict[tuple[str, str], set[str]] = {}
    for one in answers:
        modes.setdefault(one.model, set()).add(one.mode)
        asked.setdefault((one.model, one.chunk_id), set()).add(one.mode)
    return [one for one in answers if asked[one.model, one.chunk_id] == modes[one.model]]


def show(answers: Sequence[Judged], chunks: int) -> Iterator[str]:
    """Yield the relations kept of the first chunks, for reading."""
    for one in answers[:chunks]:
        extraction = one.judgement.extraction
        for relation in extraction.relations if extraction else ():
            sides = f"{relation.source_entities} -> {relation.target_entities}"
            yield f"{one.stored.mode} {one.stored.chunk_id} {sides}: {relation.description}"


@contextmanager
def pool_of(options: argparse.Namespace) -> Iterator[tuple[LlamaServerPool, str]]:
    """Open a pool of one server, started here or running already; yields it and its model's name.

    Its ledger lies beside the answers, so that summaries and first passes are not asked again.
    """
    with ExitStack() as stack:
        if options.url:
            name = options.name
            endpoint = Endpoint(name="given", url=options.url, model=name)
        else:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            server = stack.enter_context(EmbeddedServer(folder, options.model))
            assert server.config is not None
            endpoint = server.config
            name = options.name or str(endpoint.model)
        ledger = GenerationLedger(url=f"sqlite:///{options.answers[0].with_suffix('.db')}")
        stack.callback(ledger.close)
        pool = LlamaServerPool(endpoints=[endpoint], ledger=ledger)
        stack.callback(pool.close)
        yield pool, name


def ask(options: argparse.Namespace) -> None:
    """Ask the model in all modes, adding to the first file."""
    path: Path = options.answers[0]
    chunker = Chunker(tokens=options.tokens, overlap=min(200, options.tokens // 2))
    known = [one.text for other in options.without for one in read_answers(other)]
    chosen = choose(options.articles, chunker, options.chunks, known=known)
    summaries = options.summaries or path.with_suffix(".summaries.jsonl")
    with pool_of(options) as (pool, name):
        asking = Asking(pool, name, path, summaries, chunker, options.minutes)
        for mode in options.modes:
            asking.ask(chosen, mode)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("answers", type=Path, nargs="+", help="the first one is added to")
    parser.add_argument("--articles", type=Path, help="JSON lines of articles")
    parser.add_argument(
        "--without", type=Path, nargs="*", default=[], help="answers whose articles are left out"
    )
    parser.add_argument("--model", type=Path, help="a GGUF file; by default the embedded model")
    parser.add_argument("--url", help="a running server instead; needs --name")
    parser.add_argument("--name", help="name of the model; by default that of its file")
    parser.add_argument("--modes", nargs="+", choices=MODES, default=list(MODES))
    parser.add_argument("--chunks", type=int, default=12)
    parser.add_argument("--tokens", type=int, default=1000, help="largest chunk")
    parser.add_argument("--minutes", type=float, default=60.0, help="begin no request later")
    parser.add_argument("--summaries", type=Path, help="file of the shared summaries")
    parser.add_argument("--judge-only", action="store_true")
    parser.add_argument(
        "--same-chunks", action="store_true", help="only chunks with an answer in every mode"
    )
    parser.add_argument("--show", type=int, default=0, help="chunks to print relations of")
    given = parser.parse_args()
    if not given.judge_only and given.articles is None:
        parser.error("--articles is missing, or --judge-only")
    if given.url and not given.name:
        parser.error("--url needs --name")
    return given


def main() -> None:
    """Ask what is missing, then print the table."""
    options = _options()
    if not options.judge_only:
        ask(options)
    answers = [one for path in options.answers for one in read_answers(path)]
    if options.same_chunks:
        answers = same_chunks(answers)
    lines = [HEAD]
    for group in groups(answers):
        lines.append(row_of(group))
        for line in show(group, options.show):
            sys.stdout.write(f"{line}\n")
    sys.stdout.write("\n".join(lines) + f"\n\n{machine_line()}\n")


if __name__ == "__main__":
    main()
