"""No secret leaves the process: neither by what it prints, nor by what it writes.

A server echoes its key in whatever it says, as careless gateways do, and the project's whole folder
is searched for it afterwards: databases, tables, shards, card, logs.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from relgen_assets_tests.projects import articles

CANARY = "sk-canary-5f2b9c71d0"
URL_CANARY = "canary-in-a-url"
RELGEN = "from relgen_assets.cli import main; main()"

SETTINGS = """
[source]
kind = "files"
path = "papers.jsonl"
columns = {{ id = "id" }}
[chunking]
tokens = 100
overlap = 20
[storage]
state = ".relgen"
[pool]
outage_timeout_seconds = 1
[[pool.endpoints]]
name = "careless"
url = "http://127.0.0.1:{port}"
dialect = "openai"
model = "small"
context = 8192
slots = 2
{key}
"""


class Careless(BaseHTTPRequestHandler):
    """Answers a few requests, and says the key of whoever asks every time; then refuses it."""

    protocol_version = "HTTP/1.1"
    usable_answers = 6

    def do_GET(self) -> None:
        self._say(200, {"object": "list", "data": [{"id": "small", "owner": self._key()}]})

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        server: CarelessServer = self.server  # type: ignore[assignment]
        number = server.next_number()
        if number == 2:
            self._say(500, {"error": {"message": f"cannot serve {self._key()}"}})
        elif number > self.usable_answers:
            self._say(429, {"error": f"quota of {self._key()} is used up"})
        else:
            self._answer(f"The text is about reef corals. Asked with {self._key()}.")

    def log_message(self, *_: object) -> None:
        """Print nothing."""

    def _key(self) -> str:
        return self.headers.get("authorization", "").removeprefix("Bearer ")

    def _answer(self, text: str) -> None:
        pieces: list[dict[str, object]] = [
            {"choices": [{"index": 0, "delta": {"content": part}, "finish_reason": None}]}
            for part in (text[:40], text[40:])
        ]
        pieces.append(
            {
                "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}],
                "usage": {"prompt_tokens": 600, "completion_tokens": 20},
            }
        )
        lines = [f"data: {json.dumps({'model': 'small', **piece})}\n\n" for piece in pieces]
        self._send(200, "text/event-stream", "".join([*lines, "data: [DONE]\n\n"]))

    def _say(self, status: int, body: object) -> None:
        self._send(status, "application/json", json.dumps(body))

    def _send(self, status: int, kind: str, text: str) -> None:
        data = text.encode()
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


class CarelessServer(ThreadingHTTPServer):
    """Counts the requests."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Careless)
        self._number = 0
        self._counting = threading.Lock()

    def next_number(self) -> int:
        with self._counting:
            self._number += 1
            return self._number


@pytest.fixture
def port() -> Iterator[int]:
    server = CarelessServer()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server.server_address[1]
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.mark.parametrize("kind", ["variable", "file"])
def test_a_key_that_a_server_echoes_is_nowhere_to_be_seen(
    port: int, tmp_path: Path, kind: str
) -> None:
    project, secret = tmp_path / "project", tmp_path / "key"
    project.mkdir()
    secret.write_text(f"{CANARY}\n", encoding="utf-8")
    key = 'api_key_env = "CARELESS_KEY"' if kind == "variable" else f'api_key_file = "{secret}"'
    (project / "relgen.toml").write_text(SETTINGS.format(port=port, key=key), encoding="utf-8")
    (project / "papers.jsonl").write_text(
        "".join(json.dumps(row) + "\n" for row in articles(2)), encoding="utf-8"
    )
    said = "".join(relgen(project, *words) for words in (["endpoints"], ["run"], ["status"]))
    assert "quota of ***" in said, "the errors of the server were shown"
    assert CANARY not in said
    holding = [str(file.relative_to(project)) for file in files_with(project, CANARY)]
    assert holding == []
    assert list(files_with(project, "Asked with ***")), "the answers of the server were kept"


def test_settings_are_printed_without_the_secrets_of_their_urls(tmp_path: Path) -> None:
    (tmp_path / "relgen.toml").write_text(
        f'[storage]\ndata = "s3://me:{URL_CANARY}@bucket/data"\n'
        f'dataset = "https://host/x?sig={URL_CANARY}&part=1"\n',
        encoding="utf-8",
    )
    said = relgen(tmp_path, "config")
    assert "s3://bucket/data" in said
    assert "sig=***&part=1" in said
    assert URL_CANARY not in said


def relgen(folder: Path, *words: str) -> str:
    """Return all that a command prints."""
    ended = subprocess.run(
        [sys.executable, "-c", RELGEN, *words],
        cwd=folder,
        env={**os.environ, "CARELESS_KEY": CANARY, "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )
    return ended.stdout + ended.stderr


def files_with(folder: Path, text: str) -> Iterator[Path]:
    """Yield the files that hold a text; tables are read, since they are compressed."""
    for file in folder.rglob("*"):
        if file.suffix == ".parquet":
            if text in str(pq.read_table(file, use_threads=False).to_pylist()):
                yield file
        elif file.is_file() and text.encode() in file.read_bytes():
            yield file
