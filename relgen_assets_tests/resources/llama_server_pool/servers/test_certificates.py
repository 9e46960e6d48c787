"""Servers behind the certificate of a private authority, on loopback too."""

from __future__ import annotations

import json
import shutil
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from relgen_assets_tests.resources.llama_server_pool.servers.asking import client_of, run
from resources.errors import ConfigurationError
from resources.llama_server_pool.endpoint import Dialect
from resources.llama_server_pool.servers.certificates import trusted
from resources.llama_server_pool.servers.faults import EndpointFault

needs_openssl = pytest.mark.skipif(shutil.which("openssl") is None, reason="needs openssl")


class Models(BaseHTTPRequestHandler):
    """Answers every GET with a list of models."""

    def do_GET(self) -> None:
        body = json.dumps({"data": [{"id": "fake-model"}]}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A self-signed certificate for 127.0.0.1, with its key in the same file."""
    file = tmp_path_factory.mktemp("tls") / "own.pem"
    command = (
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2"
        f" -subj /CN=own -addext subjectAltName=IP:127.0.0.1 -keyout {file}.key -out {file}.crt"
    )
    subprocess.run(command.split(), check=True, capture_output=True)
    file.write_text(Path(f"{file}.key").read_text() + Path(f"{file}.crt").read_text())
    return file


@contextmanager
def served(certificate: Path) -> Iterator[str]:
    """Serve over TLS on loopback; yield the URL."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Models)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield f"https://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def model_at(url: str, **config: Any) -> str | None:
    """Return the model that the server names."""

    async def ask() -> str | None:
        async with client_of(url, dialect=Dialect.openai, **config) as client:
            return (await client.discover()).model

    return run(ask())


@needs_openssl
def test_a_private_authority_is_trusted_where_the_endpoint_names_it(certificate: Path) -> None:
    with served(certificate) as url:
        assert model_at(url, ca=str(certificate)) == "fake-model"
        with pytest.raises(EndpointFault) as caught:
            model_at(url)
    assert caught.value.kind == "tls"


@needs_openssl
def test_the_environment_names_an_authority_on_loopback_too(
    certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with served(certificate) as url:
        assert model_at(url) == "fake-model"


@needs_openssl
def test_a_certificate_need_not_be_verified(certificate: Path) -> None:
    with served(certificate) as url:
        assert model_at(url, verify=False) == "fake-model"


def test_a_file_without_certificates_is_told(tmp_path: Path) -> None:
    empty = tmp_path / "empty.pem"
    empty.write_text("nothing")
    for file in (empty, tmp_path / "missing.pem"):
        with pytest.raises(ConfigurationError, match=file.name):
            trusted(str(file), verify=True)
