"""What people do in the web UI, as steps that several tests share."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page, expect

from relgen_assets_tests.browser.served import ServedProject

JOB = "locations/relgen/jobs/batches"
RUN_MS = 90_000
"""Longest wait for a run of a small batch, in milliseconds: its process has to load Dagster."""

_TERMINATE = re.compile("Terminate")
"""The name of such a button begins with that of its icon."""


def shown(page: Page, text: str) -> Locator:
    """Return what shows exactly this text; Dagit keeps an invisible copy of names it shortens."""
    return page.get_by_text(text, exact=True).filter(visible=True).first


def materialise(page: Page, project: ServedProject, batch: str) -> None:
    """Materialise one batch by the job's button, and open the page of its run."""
    page.goto(project.page(JOB))
    page.get_by_role("button", name="Materialize all").click()
    page.get_by_role("dialog").get_by_text("Select a partition or create one").click()
    shown(page, batch).click()
    page.keyboard.press("Escape")
    page.get_by_role("button", name=re.compile("^Launch")).last.click()
    page.get_by_role("link", name="View", exact=True).or_(
        page.get_by_role("button", name="View", exact=True)
    ).click()
    page.wait_for_url("**/runs/**")


def launch_with(page: Page, project: ServedProject, batch: str, config: str) -> None:
    """Launch one batch from the launchpad, with a configuration typed over the one that is there.

    Args:
        page: The page to use.
        project: The project.
        batch: Key of the batch.
        config: The configuration as YAML.
    """
    page.goto(project.page(f"{JOB}/playground"))
    expect(shown(page, "No errors")).to_be_visible()  # before, the list of partitions is empty
    page.get_by_placeholder("Partition").fill(batch)
    shown(page, batch).click()
    page.locator(".CodeMirror").first.click()
    page.keyboard.press("ControlOrMeta+A")
    page.keyboard.insert_text(config)
    page.get_by_role("button", name="Launch Run").click()


def reload_definitions(page: Page, project: ServedProject) -> None:
    """Reload the code location, as people do after a change of settings or prompts."""
    page.goto(project.page("asset-groups"))
    page.get_by_role("button", name="Reload definitions").click()
    expect(page.get_by_text("Definitions reloaded")).to_be_visible()


def terminate(page: Page) -> None:
    """Terminate the run whose page is open."""
    page.get_by_role("button", name=_TERMINATE).click()
    page.get_by_role("dialog").get_by_role("button", name=_TERMINATE).click()


def wait_for_end(page: Page, status: str) -> None:
    """Wait on the page of a run until it shows this status."""
    expect(shown(page, status)).to_be_visible(timeout=RUN_MS)
