"""The pictures of the README, taken from the product.

    python -m relgen_assets_tests.browser.pictures

`relgen run` in a terminal of 80 columns; in Dagit the graph, and a run without a server. Screens
are real; the server and its answers are fake. Taken by hand, not in the test run: look at them
before they are committed.
"""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
import time
from html import escape
from itertools import groupby
from pathlib import Path

import pexpect
import pyte
from playwright.sync_api import Browser, FloatRect, ViewportSize, expect

from relgen_assets_tests.browser.chromium import chromium, find_chromium
from relgen_assets_tests.browser.served import RELGEN, ServedProject, served_project
from relgen_assets_tests.browser.visits import shown
from relgen_assets_tests.fakes.good_answers import good_answer
from relgen_assets_tests.fakes.llama_server import FakeLlamaServer
from relgen_assets_tests.repository.tree import ROOT

PICTURES = ROOT / "docs" / "pictures"
COLUMNS, ROWS = 80, 24
WIDE = ViewportSize(width=1900, height=760)
NARROW = ViewportSize(width=1240, height=860)
ABOVE_FRAMES = FloatRect(x=0, y=0, width=1240, height=740)
"""What is drawn of a failed run: below are stack frames, with paths of this machine."""
ANOTHER_DRAW = {"RELGEN_SUMMARIES__VARIANT": "2"}
"""Settings under which no answer is known, so that a run needs its server."""
DECODE = 40.0
"""Tokens per second of the fake server, slow enough to see a run at work."""
WORKING = re.compile(r"raw_extractions .*\b[4-9]/\d")
"""What stands on the screen when the picture is taken: extractions, some of them done."""
RUN_ID = re.compile("^[0-9a-f]{8}$")
WATCHED_SECONDS = 120.0
DRAWN_SECONDS = 1.0
"""Time to draw the rest of the screen."""
_PAGE = """<body style="margin:0"><pre style="margin:0; padding:14px; width:max-content; color:#ddd;
background:#1b1d23; font:14px/1.35 'DejaVu Sans Mono',monospace">{}</pre></body>"""
_COLOURS = {"default": "#ddd", "brown": "#d7ba5b", "green": "#7ec27e", "red": "#ef6b73"}


def main() -> None:
    """Take all pictures."""
    program = find_chromium()
    if program is None:
        raise SystemExit("No Chromium on this machine: install the package `chromium` of Debian.")
    PICTURES.mkdir(exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as folder,
        FakeLlamaServer(slots=2, decode=DECODE, answer=good_answer) as server,
        served_project(Path(folder), server) as project,
        chromium(program) as browser,
    ):
        draw_terminal(browser, run_in_terminal(project), PICTURES / "terminal.png")
        draw_graph(browser, project, PICTURES / "graph.png")
        run_without_server(project)
        draw_failure(browser, project, PICTURES / "failure.png")


def run_in_terminal(project: ServedProject) -> pyte.Screen:
    """Run batches in a pseudo-terminal; return its screen in the middle of one."""
    screen = pyte.Screen(COLUMNS, ROWS)
    stream = pyte.Stream(screen)
    stream.feed("$ relgen run\r\n")
    child = pexpect.spawn(
        RELGEN[0],
        [*RELGEN[1:], "run"],
        cwd=str(project.folder),
        env={**_environment(), "TERM": "xterm-256color"},
        dimensions=(ROWS, COLUMNS),
        encoding="utf-8",
    )
    end = time.monotonic() + WATCHED_SECONDS
    is_working = False
    while time.monotonic() < end:
        if not is_working and any(map(WORKING.search, screen.display)):
            is_working = True
            end = time.monotonic() + DRAWN_SECONDS
        try:
            stream.feed(child.read_nonblocking(4096, timeout=0.2))
        except pexpect.TIMEOUT:
            continue
        except pexpect.EOF:
            break
    child.expect(pexpect.EOF, timeout=600)
    return screen


def draw_terminal(browser: Browser, screen: pyte.Screen, picture: Path) -> None:
    """Draw a terminal's screen with its colours."""
    page = browser.new_page()
    page.set_content(_PAGE.format("\n".join(_lines(screen))))
    page.locator("pre").screenshot(path=picture)


def draw_graph(browser: Browser, project: ServedProject, picture: Path) -> None:
    """Draw the asset graph as Dagit shows it after a run."""
    page = browser.new_page(viewport=WIDE)
    page.goto(project.page("asset-groups"))
    page.get_by_text("Hide navigation").click()
    shown(page, "dataset_card").wait_for()
    expect(page.get_by_text("Loading...")).to_have_count(0, timeout=60_000)
    page.screenshot(path=picture)


def run_without_server(project: ServedProject) -> None:
    """Run a batch while its server is dead, until it fails."""
    project.server.stop()
    subprocess.run(
        [*RELGEN, "run", "--batches", "papers-00000"],
        cwd=project.folder,
        env={**_environment(), **ANOTHER_DRAW},
        check=False,
    )
    project.server.start()


def draw_failure(browser: Browser, project: ServedProject, picture: Path) -> None:
    """Draw the page of the latest run that failed."""
    page = browser.new_page(viewport=NARROW)
    page.goto(project.page("runs?q[0]=status:FAILURE"))
    page.get_by_text("Hide navigation").click()
    page.locator('a[href*="/runs/"]').filter(has_text=RUN_ID).first.click()
    page.get_by_text("What happened:").filter(visible=True).last.wait_for()
    expect(shown(page, "Failure")).to_be_visible()
    page.screenshot(path=picture, clip=ABOVE_FRAMES)


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT)}


def _lines(screen: pyte.Screen) -> list[str]:
    """Return the lines of a screen as HTML, without the empty ones at its end."""
    lines = []
    for row in range(screen.lines):
        cells = [screen.buffer[row][column] for column in range(screen.columns)]
        runs = groupby(cells, key=lambda cell: (cell.fg, cell.bold))
        lines.append(
            "".join(
                f'<span style="color:{_colour(colour)};font-weight:{700 if bold else 400}">'
                f"{escape(''.join(cell.data for cell in run))}</span>"
                for (colour, bold), run in runs
            )
        )
    used = [row for row in range(screen.lines) if screen.display[row].strip()]
    return lines[: max(used, default=0) + 1]


def _colour(name: str) -> str:
    is_rgb = len(name) == 6 and all(letter in "0123456789abcdef" for letter in name)
    return f"#{name}" if is_rgb else _COLOURS.get(name, name)


if __name__ == "__main__":
    main()
