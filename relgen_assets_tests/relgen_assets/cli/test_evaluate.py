"""`relgen evaluate`: endpoints on gold, through pool and ledger, in one table."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from relgen_assets_tests.fakes.llama_server import FakeLlamaServer
from relgen_assets_tests.projects import articles, write_project
from relgen_assets_tests.relgen_assets.cli.conftest import Relgen

SENTENCES = (
    ("Reef corals contain symbiotic algae .", "Reef corals", "symbiotic algae"),
    ("Graphite anodes contain lithium ions .", "Graphite anodes", "lithium ions"),
    ("Trade winds feed ocean upwelling .", "Trade winds", "ocean upwelling"),
    ("Denitrifying bacteria reduce soil nitrate .", "Denitrifying bacteria", "soil nitrate"),
)


def teacher(body: dict[str, Any]) -> str:
    """Answer as gold has it."""
    return _answer(body, lambda one: [one])


def student(body: dict[str, Any]) -> str:
    """Answer as gold has it about half of the sentences, and in prose about the rest."""
    text = _answer(body, lambda one: [one] if one in SENTENCES[:2] else [])
    return text if "source_entities" in text else "I see no relation here."


def _answer(body: dict[str, Any], said: Callable[[Any], list[Any]]) -> str:
    prompt = body["messages"][-1]["content"]
    asked = [one for one in SENTENCES if one[0] in prompt]
    if not asked:  # the pool tries whether schemas are followed
        return '{"ok": true}'
    found = [fact for one in asked for fact in said(one)]
    return json.dumps(
        {
            "section_description": "The section says what acts on what.",
            "list_of_entities": [name for _, *names in found for name in names],
            "relations": [
                {"description": text, "source_entities": [source], "target_entities": [target]}
                for text, source, target in found
            ],
        }
    )


@pytest.fixture
def servers() -> Iterator[tuple[FakeLlamaServer, FakeLlamaServer]]:
    with (
        FakeLlamaServer(answer=teacher) as one,
        FakeLlamaServer(answer=student, model="tuned-135m") as other,
    ):
        yield one, other


@pytest.fixture
def folder(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    servers: tuple[FakeLlamaServer, FakeLlamaServer],
) -> Path:
    write_project(tmp_path, articles(1), servers[0])
    rows = [
        {
            "text": text,
            "entities": [{"text": source}, {"text": target}],
            "relations": [{"source": source, "type": "USED-FOR", "target": target}],
        }
        for text, source, target in SENTENCES
    ]
    gold = "".join(json.dumps(row) + "\n" for row in rows)
    (tmp_path / "gold.jsonl").write_text(gold, encoding="utf-8")
    monkeypatch.setenv("RELGEN_POOL__OUTAGE_TIMEOUT_SECONDS", "1")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_teacher_and_student_stand_in_one_table_and_nothing_is_asked_twice(
    folder: Path, relgen: Relgen, servers: tuple[FakeLlamaServer, FakeLlamaServer]
) -> None:
    command = (
        *("evaluate", "--on", "gold.jsonl", "--mode", "schema"),
        *("-e", "gpu-0", "--prompt", "run"),
        *("-e", f"tuned={servers[1].url}", "--prompt", "student:summary_none"),
    )
    code, output, error = relgen(*command, "--json")
    assert code == 0, error
    large, small = json.loads(output)["endpoints"]
    assert (large["prompt"], large["mode"]) == ("run", "schema")
    assert (small["prompt"], small["mode"], small["model"]) == (
        "student:summary_none",
        "",
        "tuned-135m",
    )
    assert large["scores"]["names_f1"]["value"] == large["scores"]["pairs_f1"]["value"] == 1
    assert small["scores"]["names_recall"] == {
        **small["scores"]["names_recall"],
        "value": 0.5,
        "units": 4,
    }
    assert small["scores"]["valid_json"]["value"] == 0.5
    assert small["reasons"] == {"not_json": 2}
    sent = [body.body for body in servers[1].requests if body.body.get("messages")]
    questions = [one for one in sent if any(text in str(one) for text, *_ in SENTENCES)]
    assert len(questions) == 4
    assert all("response_format" not in one for one in questions)  # a student is not constrained

    asked = [len(one.requests) for one in servers]
    code, output, error = relgen(*command)
    assert code == 0, error
    assert "On gold.jsonl: 4 texts of 4 documents" in output
    assert "tuned: tuned-135m, asked with student:summary_none, unconstrained" in output
    assert max(map(len, output.splitlines())) <= 80
    after = [len(one.requests) for one in servers]
    # A pool may try a server; it asks no question again.
    assert all(new - old <= 3 for old, new in zip(asked, after, strict=True))


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--on", "gold.jsonl", "-e", "gpu-9"], "there is no such endpoint"),
        (["--on", "gold.jsonl", "--prompt", "teacher"], "there is no such prompt"),
        (["--on", "gold.jsonl", "--prompt", "run", "--prompt", "student"], "2 prompts are named"),
        (["--on", "nothing.jsonl"], "the gold file cannot be read"),
        (["--on", "gold.jsonl", "--format", "scier"], "line 1 cannot be read in the form scier"),
        ([], "the dataset has no row in the split test"),
    ],
)
def test_what_cannot_be_asked_is_refused_with_a_remedy(
    folder: Path, relgen: Relgen, options: list[str], said: str
) -> None:
    code, _, error = relgen("evaluate", *options)
    assert code in (1, 2)
    assert said in error
    assert "Traceback" not in error
