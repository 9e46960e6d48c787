"""Benchmark: models on gold, with intervals, through the prompts of a run.

    python -m benchmarks.evaluate GOLD.jsonl LEDGER.db [--models NAME=FILE.gguf …] [--limit 30]
        [--mode schema] [--format scierc]

Each GGUF file is served as the embedded model is, one after the other; `embedded` without a file is
the embedded model itself. Answers are kept in the ledger, so that a benchmark that was stopped goes
on, and printing the table again asks nothing. The scores are those of `relgen evaluate`
(docs/evaluation.md): the first answer counts, and texts of one document are one unit.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.machine import machine_line
from relgen_assets.evaluation.certificate import Evaluated
from relgen_assets.orchestration.evaluating.evaluation import evaluate
from relgen_assets.orchestration.evaluating.prompts import Asking
from relgen_assets.orchestration.evaluating.texts import texts_on
from relgen_assets.orchestration.project import Project
from relgen_assets.settings import Settings, load_settings
from resources.generation_ledger.ledger import GenerationLedger
from resources.llama_server_pool.embedded.server import EmbeddedServer
from resources.llama_server_pool.pool import LlamaServerPool

COLUMNS = (
    "valid_json",
    "usable",
    "grounded",
    "supported",
    "names_precision",
    "names_recall",
    "names_f1",
    "pairs_precision",
    "pairs_recall",
    "pairs_f1",
    "answered_names_f1",
    "answered_pairs_f1",
)
EMBEDDED = "embedded"
RUN = Asking()


def evaluated(
    name: str,
    model: Path | None,
    options: argparse.Namespace,
    *,
    prompt: Asking = RUN,
    changes: Mapping[str, Any] | None = None,
) -> Evaluated:
    """Return what one model is worth on the gold file.

    Args:
        name: What to call it.
        model: Its file; `None` for the embedded model.
        options: Gold file and its format, ledger, mode, and most texts.
        prompt: With which prompt it is asked.
        changes: Further settings.
    """
    with tempfile.TemporaryDirectory() as folder:
        settings = load_settings(
            Path(folder),
            {
                "extractions": {"mode": options.mode},
                "source": {"kind": "sample"},
                **(changes or {}),
            },
        )
        texts = texts_on(str(options.gold), "", form=options.format, limit=options.limit)

        @contextmanager
        def opened(_: Settings) -> Iterator[LlamaServerPool]:
            ledger = GenerationLedger(url=f"sqlite:///{options.ledger}")
            with EmbeddedServer(Path(folder), model) as server:
                assert server.config is not None
                pool = LlamaServerPool(endpoints=[server.config], ledger=ledger)
                try:
                    yield pool
                finally:
                    pool.close()
                    ledger.close()

        (found,) = evaluate(Project(settings), texts, {name: settings}, [prompt], opened)
        return found


def row_of(one: Evaluated) -> str:
    """Return the line of the table for one model."""
    seconds = one.seconds / max(1, one.scores.texts)
    scores = [str(one.scores.scores[name]) for name in COLUMNS]
    cells = (one.endpoint, one.mode, f"{one.scores.texts}", *scores, f"{seconds:.0f}")
    return f"| {' | '.join(cells)} |"


def main() -> None:
    """Ask the models what the ledger does not know, and print the table."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    options.add_argument("gold", type=Path)
    options.add_argument("ledger", type=Path, help="database of the answers; made if missing")
    options.add_argument("--models", nargs="+", default=[EMBEDDED], metavar="NAME=FILE")
    options.add_argument("--limit", type=int, default=30, help="most texts")
    options.add_argument("--mode", default="schema")
    options.add_argument("--format", default=None)
    given = options.parse_args()
    print(machine_line())
    print(f"| model | mode | texts | {' | '.join(COLUMNS)} | seconds a text |")
    print("|" + "---|" * (len(COLUMNS) + 4))
    for named in given.models:
        name, _, file = named.partition("=")
        print(row_of(evaluated(name, Path(file) if file else None, given)), flush=True)


if __name__ == "__main__":
    main()
