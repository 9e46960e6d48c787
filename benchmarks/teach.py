"""Benchmark: does a small model learn from the dataset, and what is the filter worth?

    python -m benchmarks.teach FOLDER --gold TRAIN.jsonl --held-out TEST.jsonl --model FILE.gguf
        --converter convert_hf_to_gguf.py [--sentences 1200] [--rows 200] [--epochs 1]
        [--max-length 512] [--texts 30] [--faults 0.3]

Needs the extras `train` and `embedded`. Sentences of the gold file are asked about through the
graph, from a server that answers from gold (`benchmarks.gold_teacher`). The model is asked as it is
(*before*), taught rows of the dataset (*filtered*), and taught the same teacher's answers as they
came (*raw*), each time about held-out gold with the student prompt and without a schema, as
`relgen evaluate` does. Every stage is kept in FOLDER, and a run that was stopped goes on.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import pyarrow.parquet as pq

from benchmarks.evaluate import evaluated
from benchmarks.gold_teacher import gold_answers, merged, write_articles
from benchmarks.machine import machine_line
from relgen_assets.evaluation.gold import GoldText
from relgen_assets.evaluation.gold_files import read_gold
from relgen_assets.orchestration.evaluating.prompts import Asking
from relgen_assets.orchestration.project import Project
from relgen_assets.rows.asset_tables import CHUNKS, RAW_EXTRACTIONS
from relgen_assets.settings import load_settings
from relgen_assets.training.folder import StudentFolder
from relgen_assets.training.gguf import to_gguf
from relgen_assets.training.learning import learn
from relgen_assets.training.lessons import lesson_of
from relgen_assets.training.models import open_base
from relgen_assets.training.rows import Pair, Rows, read_rows
from relgen_assets_tests.fakes.llama_server import FakeLlamaServer

ASKED: Final = Asking("summary_none")
"""A sentence has no summary. It is the student prompt of the settings below."""
SETTINGS: Final = """
[source]
kind = "files"
path = "papers.jsonl"
columns = {{ id = "id" }}
[batches]
size = 400
[summaries]
enabled = false
[extractions]
mode = "schema"
[dataset]
student_prompt = "summary_none"
test_percent = 0
[[pool.endpoints]]
name = "gold"
url = "{url}"
slots = 4
context = 8192
"""
COLUMNS: Final = (
    "answered",
    "valid_json",
    "usable",
    "grounded",
    "names_f1",
    "pairs_f1",
    "answered_names_f1",
    "answered_pairs_f1",
)
_ROOT = Path(__file__).parents[1]


def make_dataset(folder: Path, texts: Sequence[GoldText], faults: float) -> Path:
    """Ask about texts through the graph, unless that was done; return the project."""
    project = folder / "project"
    if (project / "dataset" / "README.md").is_file():
        return project
    project.mkdir(parents=True, exist_ok=True)
    write_articles(project / "papers.jsonl", texts)
    shutil.copy(_ROOT / "dagster.yaml", project)
    server = FakeLlamaServer(slots=4, context=8_192, answer=gold_answers(texts, faults))
    server.keep_records = False
    with server:
        (project / "relgen.toml").write_text(SETTINGS.format(url=server.url))
        subprocess.run(
            [sys.executable, "-c", "from relgen_assets.cli import main; main()", "run"],
            cwd=project,
            env={**os.environ, "PYTHONPATH": str(_ROOT)},
            check=True,
        )
    return project


def raw_rows(project: Path, filtered: Rows, most: int) -> Rows:
    """Return the teacher's answers as they came, as many as the filtered rows at most.

    What is watched is the same, so no row of it is learned.
    """
    shaping = Project(load_settings(project)).shaping
    texts = {
        one.chunk_id: one.text
        for file in sorted((project / "data" / "chunks").glob("*.parquet"))
        for one in CHUNKS.rows(pq.read_table(file))
    }
    answers = [
        one
        for file in sorted((project / "data" / "raw_extractions").glob("*.parquet"))
        for one in RAW_EXTRACTIONS.rows(pq.read_table(file))
        if one.status == "completed"
    ]
    watched = [row["prompt"] for row in filtered.validation]
    found: list[Pair] = []
    for one in answers:
        asked = shaping.shown("", texts[one.chunk_id]).whole
        prompt = [{"role": "user", "content": asked}]
        if prompt not in watched:
            completion = [{"role": "assistant", "content": one.text}]
            found.append({"prompt": prompt, "completion": completion})
    return Rows(found[:most], filtered.validation)


def teach(root: Path, rows: Rows, options: argparse.Namespace) -> Path:
    """Teach the model some rows, unless that was done; return the student as a GGUF file."""
    folder = StudentFolder(root)
    done = sorted(root.glob("*.gguf"))
    if done:
        return done[0]
    changes = {"epochs": options.epochs, "max_length": options.max_length}
    lesson = lesson_of(open_base(str(options.model)), rows, options.device, changes)
    folder.begin(lesson.order)
    if not folder.finished:
        losses = learn(lesson, folder)
        print(f"{root.name}: {len(lesson.rows.train)} rows, {lesson.steps.total} steps,", end=" ")
        print(f"watched loss {losses.watched[0][1]:.3f} to {losses.watched[-1][1]:.3f}", flush=True)
    return to_gguf(folder, options.converter, "q8_0")


def table_row(name: str, file: Path, options: argparse.Namespace) -> str:
    """Ask a model about the held-out gold and return its line of the table."""
    asked = argparse.Namespace(
        gold=options.held_out,
        ledger=options.folder / "answers.db",
        limit=options.texts,
        mode="schema",
        format=None,
    )
    changes = {
        "summaries": {"enabled": False},
        "extractions": {"mode": "schema", "max_tokens": options.answer_tokens},
    }
    found = evaluated(name, file, asked, prompt=ASKED, changes=changes)
    scores = [str(found.scores.scores[column]) for column in COLUMNS]
    return f"| {name} | {found.scores.texts} | {' | '.join(scores)} |"


def main() -> None:
    """Make the rows, teach, ask, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("folder", type=Path, help="made if missing; everything is kept there")
    parser.add_argument("--gold", type=Path, required=True, help="sentences to learn from")
    parser.add_argument("--held-out", type=Path, required=True, help="of other documents")
    parser.add_argument("--model", type=Path, required=True, help="GGUF file of the model")
    parser.add_argument("--converter", type=Path, required=True)
    parser.add_argument("--sentences", type=int, default=1_200, help="most sentences to ask about")
    parser.add_argument("--rows", type=int, default=200, help="most rows to learn")
    parser.add_argument("--epochs", type=float, default=1)
    parser.add_argument("--max-length", type=int, default=512)
    parser.add_argument("--texts", type=int, default=30, help="held-out sentences to ask about")
    parser.add_argument("--answer-tokens", type=int, default=500, help="longest answer")
    parser.add_argument(
        "--arms",
        nargs="+",
        default=["filtered", "raw"],
        choices=["filtered", "raw"],
        help="what is learned",
    )
    parser.add_argument("--faults", type=float, default=0.3, help="share of untrue answers")
    parser.add_argument("--device", default="auto")
    options = parser.parse_args()
    options.folder = options.folder.absolute()
    options.folder.mkdir(parents=True, exist_ok=True)
    texts = list(merged(read_gold(options.gold)[: options.sentences]))
    project = make_dataset(options.folder, texts, options.faults)
    filtered = read_rows(str(project / "dataset"), most=options.rows)
    arms = {"filtered": filtered, "raw": raw_rows(project, filtered, len(filtered.train))}
    arms = {name: arms[name] for name in options.arms}
    print(machine_line())
    print(json.dumps({name: len(rows.train) for name, rows in arms.items()}), flush=True)
    students = {name: teach(options.folder / name, rows, options) for name, rows in arms.items()}
    print(f"| model | texts | {' | '.join(COLUMNS)} |")
    print("|" + "---|" * (len(COLUMNS) + 2), flush=True)
    for name, file in {"before": options.model, **students}.items():
        print(table_row(name, file, options), flush=True)


if __name__ == "__main__":
    main()
