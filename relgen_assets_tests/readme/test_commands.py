"""Every command of the README works, in the order written, in one folder."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from relgen_assets_tests.fakes.good_answers import good_answer
from relgen_assets_tests.fakes.llama_server import FakeLlamaServer
from relgen_assets_tests.projects import articles
from relgen_assets_tests.readme.document import Form, read_steps
from relgen_assets_tests.readme.reader import Reader
from relgen_assets_tests.repository.tree import ROOT

pytestmark = pytest.mark.timeout(400)

README = (ROOT / "README.md").read_text(encoding="utf-8")
_INSTALL = "CMAKE_ARGS=-DGGML_NATIVE=OFF .venv/bin/pip install -q -c constraints.txt -e "
NOT_RUN = frozenset(
    {
        "python3 -m venv .venv",
        f"{_INSTALL}'.[embedded]'",
        f"{_INSTALL}'.[embedded,dev]'",
        ".venv/bin/pip install -q -c constraints.txt -e .",
        ".venv/bin/pytest",
        "source .venv/bin/activate",
        "relgen publish --dry-run",
        "relgen train MODEL",
        "llama-server -m model-7b.gguf -c 32768 -np 4 --host 0.0.0.0 --port 8080",
    }
)
"""Installing takes minutes and a network, and the tests are running: `.ci/run` does all of it. A
server with a model is what the reader has, and so is a repository on the Hub. A training needs the
extra `train`, gigabytes of it."""
UI = ".venv/bin/relgen ui"
SERVERS = ("http://10.0.0.5:8080", "http://10.0.0.21:8080")
"""The addresses that the README gives the reader's own servers."""
BATCH = "papers-00000"


def entry(folder: Path) -> str:
    """Return the ledger key of an answer, as rows name it."""
    rows = pq.read_table(folder / "data" / "raw_extractions" / f"{BATCH}.parquet", columns=["key"])
    return str(rows["key"][0])


FILLS: dict[str, str | Callable[[Path], str]] = {
    "KEY": BATCH,
    "BATCH": BATCH,
    "CHUNK": "paper-0",
    "VARIANT": "prompts",
    "A": "now",
    "B": "mode=quote",
    "…": BATCH,
    "N": "2",
    "NAME": "chat",
    "SPLIT": "train",
    "VERSION": "v1",
    "FOLDER": "another",
    "COPY": "backup",
    "ENTRY": entry,
}
"""What a reader would type for what the table of commands leaves open."""


@pytest.fixture(scope="module")
def servers() -> Iterator[list[FakeLlamaServer]]:
    running = [FakeLlamaServer(slots=4, answer=good_answer) for _ in SERVERS]
    for server in running:
        server.start()
    yield running
    for server in running:
        server.stop()


@pytest.fixture(scope="module")
def reader(
    tmp_path_factory: pytest.TempPathFactory, servers: list[FakeLlamaServer]
) -> Iterator[Reader]:
    folder = tmp_path_factory.mktemp("reader") / "relgen-assets"
    port = _free_port()
    addresses = {address: server.url for address, server in zip(SERVERS, servers, strict=True)}
    reader = Reader(
        folder,
        not_run=NOT_RUN,
        stays={UI: "http://127.0.0.1:3000/server_info"},
        means={**addresses, UI: f"{UI} --port {port}", ":3000": f":{port}"},
        fills=FILLS,
        variables={"GPU_0_KEY": "secret"},
    )
    papers = folder / "mine" / "papers"
    papers.mkdir(parents=True)
    columns = {"article": "body", "abstract": "abstract", "section_names": "headings", "id": "doi"}
    (papers / "mine.jsonl").write_text(
        "".join(
            json.dumps({**row, **{mine: row[name] for name, mine in columns.items()}}) + "\n"
            for row in articles(4)
        ),
        encoding="utf-8",
    )
    yield reader
    reader.close()


def test_the_reader_gets_through(reader: Reader) -> None:
    for step in read_steps(README):
        try:
            reader.follow(step)
        except AssertionError as error:
            pytest.fail(f"README.md, line {step.line}: {error}")
    assert reader.skipped == NOT_RUN, "the list of what is not run names only what is there"


def test_the_readme_holds_something_of_every_form() -> None:
    assert {step.form for step in read_steps(README)} == set(Form)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
