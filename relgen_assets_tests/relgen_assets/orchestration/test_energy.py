"""Energy: recorded by the graph, summed over all runs of a batch, given per thousand examples."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from relgen_assets.integrity.overview import overview
from relgen_assets.orchestration.energy import kwh_per_examples, spent_kwh
from relgen_assets.orchestration.renewed_card import renew_card
from relgen_assets_tests.fakes.llama_server import FakeLlamaServer
from relgen_assets_tests.projects import SmallProject, articles, small_project


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SmallProject]:
    """One batch, run once, on one server that draws 3.6 kW."""
    with FakeLlamaServer(slots=2) as server:
        pool = {
            "endpoints": [{"name": "gpu-0", "url": server.url, "watts": 3_600}],
            "outage_timeout_seconds": 1,
        }
        folder = tmp_path_factory.mktemp("energy")
        with small_project(folder, [], articles(2), pool=pool) as small:
            small.run()
            yield small


def metadata(small: SmallProject, asset: str) -> Mapping[str, Any]:
    event = small.instance.get_latest_materialization_event(dg.AssetKey(asset))
    assert event is not None
    materialization = event.asset_materialization
    assert materialization is not None
    return {
        name: value.records if isinstance(value, dg.TableMetadataValue) else value.value
        for name, value in materialization.metadata.items()
    }


def test_energy_is_watts_times_busy_time(done: SmallProject) -> None:
    for asset in ("summaries", "raw_extractions"):
        found = metadata(done, asset)
        busy = sum(record.data["seconds_busy"] for record in found["endpoints"])
        assert busy > 0
        assert found["kwh"] == pytest.approx(busy / 1_000, abs=1e-5)


def test_verdicts_tell_what_a_thousand_examples_take(done: SmallProject) -> None:
    kwh = spent_kwh(done.instance, done.keys)
    found = metadata(done, "validated_extractions")
    assert (
        found["kwh"]
        == pytest.approx(kwh)
        == pytest.approx(
            metadata(done, "summaries")["kwh"] + metadata(done, "raw_extractions")["kwh"]
        )
    )
    usable = overview(done.tables, done.keys).usable
    assert found["kwh_per_1000_valid_examples"] == pytest.approx(kwh / usable * 1_000)


def test_the_card_of_the_folder_tells_the_energy_and_that_of_another_place_does_not(
    done: SmallProject, tmp_path: Path
) -> None:
    kwh = spent_kwh(done.instance, done.keys)
    usable = overview(done.tables, done.keys).usable
    text = (done.folder / "dataset" / "README.md").read_text(encoding="utf-8")
    assert f"{kwh:,.3f} kWh" in text
    assert f"{kwh / usable * 1_000:,.3f} Wh for each of the {usable:,} accepted answers" in text
    assert "kWh" not in renew_card(done.project, str(tmp_path)).text


def test_the_energy_of_all_runs_is_summed(done: SmallProject) -> None:
    before = spent_kwh(done.instance, done.keys)
    done.run()
    last = [metadata(done, asset).get("kwh", 0.0) for asset in ("summaries", "raw_extractions")]
    assert spent_kwh(done.instance, done.keys) == pytest.approx(before + sum(last))


def test_other_batches_are_not_counted(done: SmallProject) -> None:
    assert spent_kwh(done.instance, ["papers-00099"]) == 0.0
    assert spent_kwh(done.instance, []) == 0.0


def test_without_examples_there_is_no_energy_per_example() -> None:
    assert kwh_per_examples(2.0, 0) is None
    assert kwh_per_examples(2.0, 500) == 4.0
