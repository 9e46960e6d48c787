"""The web UI in a browser: graph, launchpad, a batch that succeeds and ages, and one that fails."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from relgen_assets.prompts.folder import copy_bundled
from relgen_assets_tests.browser.served import ServedProject
from relgen_assets_tests.browser.visits import (
    JOB,
    RUN_MS,
    launch_with,
    materialise,
    reload_definitions,
    shown,
    terminate,
    wait_for_end,
)

pytestmark = pytest.mark.timeout(400)

ASSETS = (
    "raw_papers",
    "chunks",
    "summaries",
    "raw_extractions",
    "validated_extractions",
    "hf_dataset",
    "dataset_card",
)
CHECKS = (
    "entities_are_grounded",
    "few_are_rejected",
    "one_per_chunk",
    "relation_entities_are_listed",
)


def test_the_graph_shows_every_asset(page: Page, served: ServedProject) -> None:
    page.goto(served.page("asset-groups"))
    for asset in ASSETS:
        expect(shown(page, asset)).to_be_visible()


def test_the_launchpad_opens_with_a_configuration_that_is_valid(
    page: Page, served: ServedProject
) -> None:
    page.goto(served.page(f"{JOB}/playground"))
    expect(shown(page, "further_attempts")).to_be_visible()
    expect(page.get_by_text("No errors")).to_be_visible()
    expect(page.get_by_role("button", name="Launch Run")).to_be_visible()


def test_a_wrong_value_in_the_launchpad_is_refused_before_there_is_a_run(
    page: Page, served: ServedProject
) -> None:
    key = "papers-00002"
    launch_with(page, served, key, "ops: {raw_extractions: {config: {further_attempts: -3}}}")
    told = page.get_by_role("dialog").get_by_text("option further_attempts: Input should be")
    expect(told).to_be_visible()
    page.goto(served.page(f"runs?q[0]=tag:dagster/partition={key}"))
    expect(shown(page, "No matching runs")).to_be_visible()


def test_a_batch_started_in_the_browser_shows_its_checks_by_name(
    page: Page, served: ServedProject, batch: str
) -> None:
    assert (served.folder / "data" / "validated_extractions" / f"{batch}.parquet").is_file()
    page.goto(served.page("assets/validated_extractions?view=checks"))
    for check in CHECKS:
        expect(shown(page, check)).to_be_visible()
    expect(shown(page, "Passed")).to_be_visible()
    expect(shown(page, batch)).to_be_visible()


def test_a_batch_made_with_another_prompt_is_shown_as_out_of_date(
    page: Page, served: ServedProject, batch: str
) -> None:
    prompts = served.folder / "prompts"
    copy_bundled(prompts)
    summary = prompts / "summary.txt"
    summary.write_text(summary.read_text("utf-8").replace("plain sentences", "sentences"), "utf-8")
    reload_definitions(page, served)
    for asset, changed in {"chunks": 0, "summaries": 1}.items():
        page.goto(served.page(f"assets/{asset}?view=partitions&partition={batch}"))
        expect(shown(page, "Materialized")).to_be_visible()
        expect(page.get_by_text("Unsynced").filter(visible=True)).to_have_count(changed)


def test_a_batch_without_a_server_says_what_to_do_and_can_be_terminated_while_it_rests(
    page: Page, served: ServedProject
) -> None:
    served.server.stop()
    try:
        materialise(page, served, "papers-00001")
        remedy = page.get_by_text("Start or fix the servers").filter(visible=True).first
        expect(remedy).to_be_visible(timeout=RUN_MS)
        terminate(page)
        wait_for_end(page, "Canceled")
    finally:
        served.server.start()
