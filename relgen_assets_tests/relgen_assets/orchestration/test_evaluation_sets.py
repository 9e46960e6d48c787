"""What overlaps with an evaluation set is trained on by nobody, and every count says so."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from relgen_assets.domain_errors import SourceError
from relgen_assets.export.shards import derived_rows, find_shards, full_rows
from relgen_assets.orchestration.check_runs import CheckOutcome
from relgen_assets.orchestration.project import Project
from relgen_assets.orchestration.staleness import stale_batches
from relgen_assets_tests.fakes.llama_server import FakeLlamaServer
from relgen_assets_tests.projects import SmallProject, articles, small_project

FLAT = ("entities", "relations")


def test_rows_that_share_a_run_of_words_are_only_in_full_and_counted_everywhere(
    tmp_path: Path,
) -> None:
    rows = articles(2, sentences=9)
    shared = " ".join(rows[1]["article"].split()[4:24])
    evaluated = tmp_path / "sets" / "test.jsonl"
    evaluated.parent.mkdir()
    evaluated.write_text(json.dumps({"tokens": f"Before. {shared} After.".split()}) + "\n")
    section = {
        "evaluation_texts": [str(evaluated)],
        "empty_percent": 100,
        "validation_percent": 0,
        "test_percent": 0,
    }
    with (
        FakeLlamaServer(slots=3) as server,
        small_project(tmp_path, [server], rows, dataset=section) as small,
    ):
        small.run()
        shards = find_shards(small.project.settings.storage.dataset)
        full = full_rows(shards)
        found = [row for row in full if row.overlaps]
        assert 0 < len(found) < len(full)
        assert {row.paper_id for row in found} == {"paper-1"}
        assert {name for row in found for name in row.overlaps} == {"sets/test.jsonl"}
        for name, derived in derived_rows(shards).items():
            shown = " ".join(json.dumps(row.model_dump()) for row in derived)
            if name not in FLAT:
                assert shared not in " ".join(shown.replace("\\n", " ").split()), name
            assert len(derived) > 0, name
        card = " ".join(
            Path(small.project.settings.storage.dataset, "README.md").read_text().split()
        )
        assert f"| `sets/test.jsonl` | {len(full)} | {len(found)} |" in card
        assert f"{len(found)} examples overlap with evaluation sets" in card
        results = {one.name: one for one in small.check() if isinstance(one, CheckOutcome)}
        assert all(one.passed for one in results.values()), results
        _changes_with_the_file(small, evaluated)


def _changes_with_the_file(small: SmallProject, evaluated: Path) -> None:
    evaluated.write_text(json.dumps({"text": "Another set."}) + "\n")
    again = Project(small.project.settings)
    stale = stale_batches(small.instance, again.code_versions, small.keys)
    assert stale == {small.keys[0]: ["hf_dataset"]}


def test_a_set_that_is_not_there_stops_a_run_before_it_asks_anything(tmp_path: Path) -> None:
    section: dict[str, Any] = {"evaluation_texts": [str(tmp_path / "missing.jsonl")]}
    with (
        FakeLlamaServer() as server,
        pytest.raises(SourceError, match=r"missing\.jsonl") as caught,
        small_project(tmp_path, [server], articles(2), dataset=section),
    ):
        pass
    assert "dataset.evaluation_texts" in str(caught.value)
