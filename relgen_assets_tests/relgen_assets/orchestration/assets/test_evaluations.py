"""The asset `evaluations`, and what the card says of agreement and of its certificate."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from relgen_assets.definitions import build_defs, build_resources
from relgen_assets.export.certificates import stored_certificate
from relgen_assets.orchestration.assets import evaluations
from relgen_assets.orchestration.checks.agreement import agreement_check
from relgen_assets.orchestration.checks.views import BatchTables
from relgen_assets.orchestration.project import Project
from relgen_assets.orchestration.runs import run_batch, run_card
from relgen_assets.settings import load_settings
from relgen_assets_tests.fakes.good_answers import good_answer
from relgen_assets_tests.fakes.llama_server import FakeLlamaServer
from relgen_assets_tests.projects import SENTENCES, SmallProject, articles, small_project

GOLD = [
    {"text": sentence, "entities": [{"text": "algae"}], "relations": []}
    for sentence in SENTENCES[:3]
]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SmallProject]:
    """A project with one batch."""
    folder = tmp_path_factory.mktemp("certified")
    gold = folder / "gold.jsonl"
    gold.write_text("".join(json.dumps(row) + "\n" for row in GOLD), encoding="utf-8")
    with (
        FakeLlamaServer(slots=4, answer=good_answer) as server,
        small_project(
            folder,
            [server],
            articles(2, sentences=20),
            chunking={"tokens": 100, "overlap": 50},
            extractions={"mode": "schema"},
            evaluation={"gold": str(gold), "needles": 3, "least_agreement_percent": 100},
        ) as project,
    ):
        run_batch(project.definitions, project.instance, project.keys[0])
        yield project


def certified(made: SmallProject) -> dict[str, Any]:
    gold = made.project.settings.evaluation.gold
    assert gold is not None
    asset = evaluations.build(made.project, gold)
    resources = build_resources(made.project.settings)
    done = dg.materialize(
        [asset],
        instance=made.instance,
        resources={
            "generation_ledger": resources.generation_ledger,
            "io_manager": resources.io_manager,
        },
    )
    (event,) = done.asset_materializations_for_node("evaluations")
    return {name: value.value for name, value in event.metadata.items()}


def test_it_is_in_the_graph_only_where_gold_is_named_and_in_no_job(tmp_path: Path) -> None:
    key = dg.AssetKey("evaluations")
    without = build_defs(Project(load_settings(tmp_path, {})))
    assert not without.resolve_asset_graph().has(key)
    settings = load_settings(tmp_path, {"evaluation": {"gold": "gold.jsonl"}})
    graph = build_defs(Project(settings)).resolve_asset_graph()
    assert graph.get(key).automation_condition is None


def test_agreement_and_certificate_stand_in_the_card_and_its_check_accepts_them(
    made: SmallProject,
) -> None:
    said = certified(made)
    assert said["texts"] == 3
    assert 0 <= said["server_0_names_recall"] <= 1
    root = made.project.settings.storage.dataset
    stored = stored_certificate(root)
    assert stored is not None
    (one,) = stored.evaluated
    assert one.scores.texts == 3
    assert one.needles is not None and one.needles.units

    run_card(made.definitions, made.instance)  # ends only if its checks, also of numbers, pass
    card = (Path(root) / "README.md").read_text(encoding="utf-8")
    assert "### Certificate" in card
    assert "server-0" not in card  # names of servers are not published
    assert str(one.scores.scores["names_recall"]) in card
    section = card.partition("### Agreement")[2].partition("###")[0]
    assert "| model |" in section and "| server |" in section and "`schema`" in section


def test_the_check_of_a_batch_warns_where_answers_agree_too_little(made: SmallProject) -> None:
    tables = BatchTables(made.keys[0], made.tables)
    strict = agreement_check(100).evaluate(tables)
    assert not strict.passed and strict.severity == dg.AssetCheckSeverity.WARN
    assert "mode schema" in str(strict.metadata["below"].value)
    assert agreement_check(0).evaluate(tables).passed
