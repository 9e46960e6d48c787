"""What the UI shows of the servers' work on a partition."""

from __future__ import annotations

import base64
from dataclasses import replace
from typing import Any
from xml.etree import ElementTree

import dagster as dg
import pytest

from relgen_assets.orchestration.assets.endpoint_plot import as_markdown, endpoint_plot
from relgen_assets.orchestration.assets.generated import generation_metadata
from resources.llama_server_pool.reports import BatchReport, EndpointReport

GPU = EndpointReport(
    name="gpu-0",
    kind="gpu",
    requests=40,
    prompt_tokens=60_000,
    cached_tokens=20_000,
    completion_tokens=12_000,
    hedged_tokens=300,
    lost_tokens=0,
    seconds_busy=400.0,
    tokens_per_second=30.0,
    tokens_per_second_by_load={1: 20.0, 2: 15.0},
    faults={"reset": 2, "http_500": 1},
    watt_hours=20.0,
)
BOARD = replace(
    GPU, name="board & co", kind="arm", completion_tokens=600, faults={}, watt_hours=1.0
)
REPORT = BatchReport(
    endpoints=(GPU, BOARD), seconds=500.0, from_ledger=3, generated=80, failed=0, content_retries=1
)


def records(report: BatchReport) -> list[dict[str, Any]]:
    table = generation_metadata([], report)["endpoints"]
    assert isinstance(table, dg.TableMetadataValue)
    return [dict(record.data) for record in table.records]


def test_the_table_has_a_row_per_endpoint() -> None:
    gpu, board = records(REPORT)
    assert (gpu["endpoint"], gpu["tokens_in"], gpu["tokens_cached"]) == ("gpu-0", 60_000, 20_000)
    assert (gpu["tokens_out"], gpu["tokens_hedged"], gpu["alone"]) == (12_000, 300, 20.0)
    assert gpu["by_busy_slots"] == "1: 20.0, 2: 15.0"
    assert gpu["faults"] == "http_500: 1, reset: 2"
    assert board["faults"] == ""


def test_the_yield_of_each_endpoint_is_shown_with_what_was_wrong() -> None:
    sick = replace(BOARD, accepted=2, rejected={"loop": 5, "": 1})
    gpu, board = records(replace(REPORT, endpoints=(replace(GPU, accepted=40), sick)))
    assert (gpu["usable"], gpu["rejected"]) == ("100% of 40", "")
    assert (board["usable"], board["rejected"]) == ("25% of 8", "unusable: 1, loop: 5")


def test_a_server_that_never_worked_alone_has_no_speed_alone() -> None:
    busy = replace(GPU, tokens_per_second_by_load={2: 15.0})
    assert records(replace(REPORT, endpoints=(busy,)))[0]["alone"] is None


def test_energy_is_the_sum_over_endpoints_in_kilowatt_hours() -> None:
    assert generation_metadata([], REPORT)["kwh"] == pytest.approx(0.021)
    without = replace(REPORT, endpoints=(replace(GPU, watt_hours=0.0),))
    assert "kwh" not in generation_metadata([], without)


def test_the_plot_is_well_formed_and_its_bars_are_in_proportion() -> None:
    image = ElementTree.fromstring(endpoint_plot(REPORT))
    widths = [float(bar.attrib["width"]) for bar in image.iter("{http://www.w3.org/2000/svg}rect")]
    assert widths[2] / widths[0] == pytest.approx(600 / 12_000, rel=0.05)
    assert widths[1] / widths[0] == pytest.approx(300 / 12_000, rel=0.05)
    texts = [text.text for text in image.iter("{http://www.w3.org/2000/svg}text")]
    assert "board & co" in texts
    assert any(text and "12,000 · 30.0/s · busy 80%" in text for text in texts)


def test_the_plot_reaches_the_ui_as_an_image() -> None:
    markdown = as_markdown("<svg/>")
    start = "![Tokens by endpoint](data:image/svg+xml;base64,"
    assert markdown.startswith(start)
    assert base64.b64decode(markdown.removeprefix(start)[:-1]) == b"<svg/>"
    assert isinstance(generation_metadata([], REPORT)["endpoint_plot"], dg.MarkdownMetadataValue)


def test_a_batch_answered_by_the_ledger_has_no_plot() -> None:
    idle = replace(
        GPU,
        completion_tokens=0,
        hedged_tokens=0,
        seconds_busy=0.0,
        tokens_per_second_by_load={},
        watt_hours=0.0,
    )
    found = generation_metadata([], replace(REPORT, endpoints=(idle,), seconds=0.0))
    assert "endpoint_plot" not in found
    assert "kwh" not in found
