"""The options of a run: offered, checked when it is launched, counted, and told."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from relgen_assets.domain_errors import ConfigurationError
from relgen_assets.orchestration.jobs import BATCH_JOB
from relgen_assets.rows.asset_tables import CHUNKS, RAW_EXTRACTIONS
from relgen_assets_tests.fakes.llama_server import FakeLlamaServer
from relgen_assets_tests.projects import SmallProject, articles, asked, small_project


@pytest.fixture(scope="module")
def servers() -> Iterator[list[FakeLlamaServer]]:
    with FakeLlamaServer(slots=2) as one, FakeLlamaServer(slots=2) as other:
        yield [one, other]


@pytest.fixture
def small(tmp_path: Path, servers: list[FakeLlamaServer]) -> Iterator[SmallProject]:
    for server in servers:
        server.requests.clear()
    once = {"mode": "candidates", "attempts": 1}
    with small_project(tmp_path, servers, articles(2), extractions=once) as project:
        yield project


def launch(small: SmallProject, **options: dict[str, Any]) -> dg.ExecuteInProcessResult:
    """Run the first batch with options of a run, by asset."""
    return small.definitions.resolve_job_def(BATCH_JOB).execute_in_process(
        instance=small.instance,
        partition_key=small.keys[0],
        run_config={
            "loggers": {"console": {"config": {"log_level": "CRITICAL"}}},
            "ops": {asset: {"config": given} for asset, given in options.items()},
        },
    )


def recorded(result: dg.ExecuteInProcessResult, asset: str) -> dict[str, Any]:
    """Return the metadata that a run recorded for an asset."""
    (event,) = result.asset_materializations_for_node(asset)
    return {name: value.value for name, value in event.metadata.items()}


@pytest.mark.parametrize(
    ("asset", "option", "value", "message"),
    [
        ("summaries", "further_attempts", -3, "greater than or equal to 0.*-3"),
        ("summaries", "temperature", 2.5, "less than or equal to 2.*setting summaries.temperature"),
        ("raw_extractions", "seed", -1, "greater than or equal to 0"),
        ("raw_extractions", "variant", 0, "greater than or equal to 1"),
        ("raw_extractions", "leave_out_endpoints", ["server-9"], "'server-9'.*server-0, server-1"),
        (
            "raw_extractions",
            "leave_out_endpoints",
            ["server-0", "server-1"],
            "no endpoint would be left",
        ),
        ("chunks", "max_chunks_per_article", 0, "greater than or equal to 1"),
    ],
)
def test_a_value_out_of_bounds_is_refused_before_there_is_a_run(
    small: SmallProject, asset: str, option: str, value: object, message: str
) -> None:
    with pytest.raises(ConfigurationError, match=message):
        launch(small, **{asset: {option: value}})
    assert small.instance.get_runs() == []


def test_a_mode_without_types_is_refused_before_there_is_a_run_of_a_project_that_has_them(
    tmp_path: Path, servers: list[FakeLlamaServer]
) -> None:
    typed = {"mode": "schema", "entity_types": [{"name": "organism"}]}
    with small_project(tmp_path, servers, articles(1), extractions=typed) as small:
        with pytest.raises(ConfigurationError, match="need the mode schema or two_pass"):
            launch(small, raw_extractions={"mode": "quote"})
        assert small.instance.get_runs() == []


def test_a_mode_that_does_not_exist_is_refused_by_the_launchpad_itself(small: SmallProject) -> None:
    with pytest.raises(dg.DagsterInvalidConfigError, match="mode"):
        launch(small, raw_extractions={"mode": "free"})


def test_a_run_uses_its_own_values_and_tells_them(
    small: SmallProject, servers: list[FakeLlamaServer]
) -> None:
    result = launch(
        small,
        chunks={"max_chunks_per_article": 1},
        summaries={"temperature": 0.3},
        raw_extractions={
            "mode": "schema",
            "temperature": 0,
            "seed": 7,
            "variant": 2,
            "leave_out_endpoints": ["server-0"],
        },
    )
    chunks = CHUNKS.read(small.tables, small.keys[0])
    assert [chunk.index for chunk in chunks] == [0, 0]
    rows = RAW_EXTRACTIONS.read(small.tables, small.keys[0])
    assert {(row.mode, row.endpoint) for row in rows} == {("schema", "server-1")}
    extractions = [
        body for server in servers for body in asked(server) if "response_format" in body
    ]
    assert {(body["temperature"], body["seed"]) for body in extractions} == {(0, 1007)}
    found = recorded(result, "raw_extractions")
    assert found["options"] == {"mode": "schema", "temperature": 0, "seed": 7, "variant": 2}
    assert found["differs_from_settings"] == {
        **found["options"],
        "leave_out_endpoints": ["server-0"],
    }
    assert recorded(result, "summaries")["differs_from_settings"] == {"temperature": 0.3}
    failed = {
        one.check_name
        for one in result.get_asset_check_evaluations()
        if not one.passed and one.severity is dg.AssetCheckSeverity.ERROR
    }
    assert failed == set()


def test_a_run_without_options_takes_the_settings_and_says_so(small: SmallProject) -> None:
    found = recorded(launch(small), "raw_extractions")
    assert found["options"] == {"mode": "candidates", "temperature": 0.2, "seed": 0, "variant": 1}
    assert "differs_from_settings" not in found
