"""Workflow, hooks, packaging and templates: read by machines, and covered by no other test."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from relgen_assets_tests.repository.tree import ROOT, pyproject

TEMPLATES = sorted((ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.yml"))


def parsed(path: str | Path) -> dict[str, Any]:
    content = yaml.safe_load((ROOT / path).read_text(encoding="utf-8"))
    assert isinstance(content, dict)
    return content


def test_the_workflow_runs_the_list_of_checks_and_no_list_of_its_own() -> None:
    workflow = parsed(".github/workflows/ci.yml")
    commands = [
        step["run"] for job in workflow["jobs"].values() for step in job["steps"] if "run" in step
    ]
    assert commands == [".ci/run"]
    assert workflow["permissions"] == {"contents": "read"}


def test_the_list_of_checks_holds_the_test_command_of_the_readme() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    (command,) = re.findall(r"^    (python3 -m venv .*&& \.venv/bin/pytest)$", readme, re.MULTILINE)
    assert command in (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()


def test_hooks_and_make_run_only_what_the_list_of_checks_runs() -> None:
    checks = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    (source,) = parsed(".pre-commit-config.yaml")["repos"]
    assert source["repo"] == "local"
    for hook in source["hooks"]:
        assert hook["entry"].split()[0] in checks
    assert recipes()["lint"]
    assert set(recipes()["lint"]) <= set(checks.splitlines())


def test_make_describes_every_target_it_has() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    described = re.findall(r"^(\w+):.* ## ", makefile, re.MULTILINE)
    (phony,) = re.findall(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)
    assert sorted(described) == sorted(recipes()) == sorted(phony.split())


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_every_issue_template_is_complete(template: Path) -> None:
    content = parsed(template)
    if template.name == "config.yml":
        assert content["contact_links"]
        return
    assert content["name"] and content["description"]
    assert all(part["attributes"]["label"] for part in content["body"])


def test_both_packages_ship_their_types() -> None:
    shipped = pyproject()["tool"]["setuptools"]["package-data"]
    for package in ("relgen_assets", "resources"):
        assert "py.typed" in shipped[package]
        assert (ROOT / package / "py.typed").is_file()


def test_every_tool_of_development_is_pinned() -> None:
    pins = (ROOT / "constraints.txt").read_text(encoding="utf-8").lower().replace("_", "-")
    for requirement in pyproject()["project"]["optional-dependencies"]["dev"]:
        name = re.split(r"[^\w-]", requirement)[0]
        assert re.search(rf"^{name}==", pins, re.MULTILINE), name


def recipes() -> dict[str, list[str]]:
    """Return the commands of each target of the Makefile; reading them needs no `make`."""
    found: dict[str, list[str]] = {}
    for line in (ROOT / "Makefile").read_text(encoding="utf-8").splitlines():
        if target := re.match(r"(\w+):", line):
            commands = found[target[1]] = []
        elif line.startswith("\t"):
            commands.append(line.strip().replace("$(BIN)", ".venv/bin"))
    return found
