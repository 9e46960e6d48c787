"""The image: its entry point starts each service, and its build gets all it copies."""

from __future__ import annotations

import os
import re
import subprocess
from fnmatch import fnmatch
from pathlib import Path

import pytest

from relgen_assets_tests.docker_files.files import DOCKER, ROOT


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    """Return a folder with stand-ins for Dagster's programs that print how they were called."""
    for name in ("dagster", "dagster-webserver", "dagster-daemon", "relgen"):
        program = tmp_path / name
        program.write_text(f'#!/bin/sh\necho {name} "$@"\n', encoding="utf-8")
        program.chmod(0o755)
    return tmp_path


def start(programs: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["/bin/sh", str(DOCKER / "entrypoint.sh"), *arguments],
        env={"PATH": f"{programs}{os.pathsep}{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("service", "begins"),
    [
        (
            "code",
            "dagster code-server start --host 0.0.0.0 --port 4000 --module-name relgen_assets",
        ),
        ("webserver", "dagster-webserver --host 0.0.0.0 --port 3000 --workspace workspace.yaml"),
        ("daemon", "dagster-daemon run --workspace workspace.yaml"),
    ],
)
def test_each_service_has_its_command(programs: Path, service: str, begins: str) -> None:
    finished = start(programs, service)
    assert finished.stdout.startswith(begins)


def test_anything_else_is_run_as_it_is(programs: Path) -> None:
    assert start(programs, "relgen", "endpoints", "a b").stdout == "relgen endpoints a b\n"


def test_nothing_to_run_is_an_error_that_lists_the_services(programs: Path) -> None:
    finished = start(programs)
    assert finished.returncode == 2
    assert "code, webserver, daemon" in finished.stderr


def dockerfile() -> str:
    return (DOCKER / "Dockerfile").read_text(encoding="utf-8")


def test_the_base_image_can_be_replaced_and_the_user_has_no_rights() -> None:
    assert "ARG BASE_IMAGE=python:3.11-slim\nFROM ${BASE_IMAGE}\n" in dockerfile()
    assert re.findall(r"^USER (\w+)$", dockerfile(), re.MULTILINE) == ["relgen"]


def test_versions_are_pinned_and_the_embedded_server_is_left_out() -> None:
    installs = re.findall(r"pip install (.*?)(?: \\)?$", dockerfile(), re.MULTILINE)
    assert len(installs) == 2
    assert all(install.startswith("-c constraints.txt") for install in installs)
    assert 'ARG EXTRAS=""\n' in dockerfile()


def test_everything_that_is_copied_exists_and_is_sent_to_the_build() -> None:
    lines = (DOCKER / "Dockerfile.dockerignore").read_text(encoding="utf-8").splitlines()
    sent = [line[1:] for line in lines if line.startswith("!")]
    for line in re.findall(r"^COPY (?:--chown=\S+ )?(.*)$", dockerfile(), re.MULTILINE):
        *sources, _ = line.split()
        for source in sources:
            assert (ROOT / source).exists(), source
            assert source in sent, source


def test_secrets_are_never_sent_to_the_build() -> None:
    lines = (DOCKER / "Dockerfile.dockerignore").read_text(encoding="utf-8").splitlines()
    rules = [line for line in lines if line and not line.startswith("#")]
    assert rules[0] == "*"
    assert not any(fnmatch("docker/.env", rule[1:]) for rule in rules if rule.startswith("!"))
