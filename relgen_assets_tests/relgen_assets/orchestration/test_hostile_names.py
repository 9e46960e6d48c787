"""What articles and servers are called cannot become markup: neither in the UI nor in the card."""

from __future__ import annotations

import re
from collections.abc import Iterator

import dagster as dg
import pytest
import yaml
from markdown_it import MarkdownIt

from relgen_assets_tests.fakes.llama_server import FakeLlamaServer
from relgen_assets_tests.projects import SmallProject, articles, small_project

HOSTILE = '![x](http://evil.example/i.png)<img src=x onerror=alert(1)>\n---\nlicense: "'
OURS = re.compile(r"data:image/svg\+xml;base64,|[\w/]+\.png$")
"""Addresses of our own plots."""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SmallProject]:
    rows = articles(2)
    for number, row in enumerate(rows):
        row |= {"id": f"{number}{HOSTILE}", "title": HOSTILE, "licence": HOSTILE, "url": HOSTILE}
        row["authors"] = [HOSTILE]
    folder = tmp_path_factory.mktemp("hostile")
    title = HOSTILE.replace("\n", " ")
    with (
        FakeLlamaServer(model=f"a{HOSTILE}") as server,
        small_project(folder, [server], rows, dataset={"title": title}) as project,
    ):
        project.run()
        project.check()
        yield project


def test_no_markdown_in_the_ui_draws_what_an_article_or_a_server_is_called(
    made: SmallProject,
) -> None:
    texts = list(markdown_of(made.instance))
    assert any("evil.example" in text for text in texts), "the names were shown"
    assert [found for text in texts for found in foreign(text)] == []


def test_no_name_adds_a_line_to_the_head_of_the_card(made: SmallProject) -> None:
    card = (made.folder / "dataset" / "README.md").read_text(encoding="utf-8")
    _, head, body = card.split("---\n", 2)
    facts = yaml.safe_load(head)
    assert facts["license"] == "other"
    assert facts["pretty_name"] == HOSTILE.replace("\n", " ")
    assert list(foreign(body)) == []


def foreign(markdown: str) -> Iterator[str]:
    """Yield raw HTML, and images and links that are none of ours, as a renderer sees them."""
    for block in MarkdownIt("commonmark").enable("table").parse(markdown):
        for token in (block, *(block.children or ())):
            if token.type in ("html_block", "html_inline"):
                yield token.content
            address = str(token.attrs.get("src") or token.attrs.get("href") or "")
            if "evil.example" in address or (token.type == "image" and not OURS.match(address)):
                yield address


def markdown_of(instance: dg.DagsterInstance) -> Iterator[str]:
    """Yield all Markdown that the metadata and descriptions of events hold."""
    for record in instance.get_run_records():
        for entry in instance.all_logs(record.dagster_run.run_id):
            event = entry.dagster_event
            if event is None:
                continue
            if event.is_step_materialization:
                yield from markdown_in(event.step_materialization_data.materialization.metadata)
            if event.event_type is dg.DagsterEventType.ASSET_CHECK_EVALUATION:
                evaluation = event.asset_check_evaluation_data
                yield from markdown_in(evaluation.metadata)
                yield evaluation.description or ""


def markdown_in(metadata: object) -> Iterator[str]:
    """Yield the Markdown of an event's metadata."""
    assert isinstance(metadata, dict)
    for value in metadata.values():
        if isinstance(value, dg.MarkdownMetadataValue):
            yield value.md_str or ""
