"""A web UI and a browser for the tests of this folder; without a Chromium they are skipped.

They end with the module: while Playwright runs, its event loop occupies the thread, in which tests
of other modules want to run theirs.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, Page, expect

from relgen_assets_tests.browser.chromium import VIEW, chromium, find_chromium
from relgen_assets_tests.browser.served import ServedProject, served_project
from relgen_assets_tests.browser.visits import materialise, wait_for_end
from relgen_assets_tests.fakes.good_answers import good_answer
from relgen_assets_tests.fakes.llama_server import FakeLlamaServer

PATIENCE_MS = 30_000
"""Longest wait for something to appear on a page, in milliseconds."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """The Chromium of this machine, headless."""
    program = find_chromium()
    if program is None:
        pytest.skip("no Chromium on this machine: install the package `chromium` of Debian")
    with chromium(program) as started:
        yield started


@pytest.fixture(scope="module")
def served(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedProject]:
    """A project with a running web UI, started only where there is a browser."""
    with (
        FakeLlamaServer(slots=3, answer=good_answer) as server,
        served_project(tmp_path_factory.mktemp("served"), server) as project,
    ):
        yield project


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A fresh page."""
    with fresh_page(browser) as opened:
        yield opened


@pytest.fixture(scope="module")
def batch(browser: Browser, served: ServedProject) -> str:
    """A batch that was materialised in the browser."""
    key = "papers-00000"
    with fresh_page(browser) as opened:
        materialise(opened, served, key)
        wait_for_end(opened, "Success")
    return key


@contextmanager
def fresh_page(browser: Browser) -> Iterator[Page]:
    """Open a page of its own, patient because the machine may be busy."""
    expect.set_options(timeout=PATIENCE_MS)
    context = browser.new_context(viewport=VIEW)
    context.set_default_timeout(PATIENCE_MS)
    yield context.new_page()
    context.close()
