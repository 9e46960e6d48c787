"""The graph as Dagster sees it: assets, dependencies, partitions, checks, jobs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from relgen_assets.definitions import build_defs
from relgen_assets.orchestration.assets import BATCH_ASSETS
from relgen_assets.orchestration.jobs import BATCH_JOB, EVERY_ROW_CHECK
from relgen_assets.orchestration.project import Project
from relgen_assets.rows.asset_tables import ASSET_TABLES, AssetTable
from relgen_assets.settings import load_settings

SNAPSHOT = Path(__file__).with_name("graph.json")
"""Delete the file and run the test to take a new snapshot; review its diff."""


@pytest.fixture
def definitions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dg.Definitions:
    monkeypatch.chdir(tmp_path)
    return build_defs(Project(load_settings(tmp_path, {"batches": {"size": 4}})))


def graph_of(definitions: dg.Definitions) -> dict[str, object]:
    graph = definitions.resolve_asset_graph()
    return {
        node.key.to_user_string(): {
            "depends_on": sorted(key.to_user_string() for key in node.parent_keys),
            "partitioned": node.is_partitioned,
            "kinds": sorted(node.kinds),
            "owners": list(node.owners),
            "pools": sorted(node.pools or ()),
            "checks": sorted(check.name for check in node.check_keys),
        }
        for node in sorted(graph.asset_nodes, key=lambda node: node.key)
    }


def test_the_graph_is_the_one_in_the_snapshot(definitions: dg.Definitions) -> None:
    found = graph_of(definitions)
    if not SNAPSHOT.exists():
        SNAPSHOT.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
        pytest.fail("there was no snapshot; one was taken, look at it and run again")
    assert found == json.loads(SNAPSHOT.read_text(encoding="utf-8"))


def test_every_asset_is_described_owned_and_checked(definitions: dg.Definitions) -> None:
    graph = definitions.resolve_asset_graph()
    for node in graph.asset_nodes:
        assert node.description, node.key
        assert node.owners == ["team:relgen"], node.key
        assert node.check_keys, node.key
        if node.is_partitioned:
            assert "dagster/column_schema" in node.metadata, node.key


@pytest.mark.parametrize("table", ASSET_TABLES, ids=lambda table: table.asset)
def test_every_table_shows_its_columns_and_has_them_checked(
    table: AssetTable[Any], definitions: dg.Definitions
) -> None:
    node = definitions.resolve_asset_graph().get(dg.AssetKey(table.asset))
    columns = node.metadata["dagster/column_schema"].columns
    assert [column.name for column in columns] == list(table.row.model_fields)
    assert dg.AssetCheckKey(node.key, "schema") in node.check_keys


def test_the_checks_of_an_asset_are_one_step(definitions: dg.Definitions) -> None:
    job = definitions.resolve_job_def(BATCH_JOB)
    steps = {node.name for node in job.graph.nodes}
    assert steps == {*BATCH_ASSETS, *(f"{asset}_checks" for asset in BATCH_ASSETS)}


def test_every_check_is_described_and_belongs_to_the_batches_of_its_asset(
    definitions: dg.Definitions,
) -> None:
    graph = definitions.resolve_asset_graph()
    for key in graph.asset_check_keys:
        check = graph.get(key)
        assert check.description, key
        assert check.partitions_def == graph.get(key.asset_key).partitions_def, key


def test_all_batches_of_the_source_are_partitions(definitions: dg.Definitions) -> None:
    graph = definitions.resolve_asset_graph()
    partitions = graph.get(dg.AssetKey("raw_papers")).partitions_def
    assert partitions is not None
    assert list(partitions.get_partition_keys()) == ["sample-00000", "sample-00001"]


def test_jobs_for_batches_for_the_card_and_for_checks(definitions: dg.Definitions) -> None:
    jobs = {job.name for job in definitions.resolve_all_job_defs()}
    assert {"batches", "card", "batch_checks", "card_checks"} <= jobs


def test_the_check_of_every_row_runs_once_a_day_and_not_with_every_card(
    definitions: dg.Definitions,
) -> None:
    def checks_of(job: str) -> set[dg.AssetCheckKey]:
        return set(definitions.resolve_job_def(job).asset_layer.asset_graph.asset_check_keys)

    assert checks_of("card_checks") - checks_of("card") == {EVERY_ROW_CHECK}
    evening = datetime(2026, 1, 1, 23, 0, tzinfo=UTC)
    with dg.DagsterInstance.ephemeral() as instance:
        cursor, requested = None, list[int]()
        for hours in (0, 0.5, 2):
            result = dg.evaluate_automation_conditions(
                definitions,
                instance=instance,
                asset_selection=dg.AssetSelection.assets("dataset_card"),
                evaluation_time=evening + timedelta(hours=hours),
                cursor=cursor,
            )
            cursor = result.cursor
            requested.append(result.total_requested)
    assert requested == [0, 0, 1]


def test_loading_the_definitions_touches_no_network_and_no_heavy_library(tmp_path: Path) -> None:
    program = (
        "import socket, sys\n"
        "def refuse(*a, **k): raise AssertionError('network')\n"
        "socket.socket.connect = refuse\n"
        "from relgen_assets.definitions import defs\n"
        "defs.load_fn() if hasattr(defs, 'load_fn') else defs\n"
        "heavy = {'datasets', 'openai', 'textblob', 'nltk', 'torch', 'mistral_common'}\n"
        "heavy &= set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    (tmp_path / "relgen.toml").touch()
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        env={**os.environ, "DAGSTER_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
