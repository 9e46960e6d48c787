"""The web UI in a browser: graph, launchpad, a batch that succeeds, and one that fails."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from relgen_assets_tests.browser.served import ServedProject
from relgen_assets_tests.browser.visits import JOB, RUN_MS, materialise, shown, wait_for_end

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


def test_a_batch_started_in_the_browser_succeeds_and_shows_its_checks_by_name(
    page: Page, served: ServedProject
) -> None:
    materialise(page, served, "papers-00000")
    wait_for_end(page, "Success")
    assert (served.folder / "data" / "validated_extractions" / "papers-00000.parquet").is_file()

    page.goto(served.page("assets/validated_extractions?view=checks"))
    for check in CHECKS:
        expect(shown(page, check)).to_be_visible()
    expect(shown(page, "Passed")).to_be_visible()
    expect(shown(page, "papers-00000")).to_be_visible()


def test_a_batch_without_a_server_says_what_to_do(page: Page, served: ServedProject) -> None:
    """Whether the step fails at once or is tried again later, its log says it first."""
    served.server.stop()
    try:
        materialise(page, served, "papers-00001")
        remedy = page.get_by_text("Start or fix the servers").filter(visible=True).first
        expect(remedy).to_be_visible(timeout=RUN_MS)
    finally:
        served.server.start()
