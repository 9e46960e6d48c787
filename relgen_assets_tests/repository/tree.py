"""The repository as these tests see it: its root, its contracts, its wings and their docstrings."""

from __future__ import annotations

import ast
import tomllib
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]


def pyproject() -> dict[str, Any]:
    """Return `pyproject.toml`, parsed."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def contracts() -> dict[str, dict[str, Any]]:
    """Return the import contracts by their id."""
    return {one["id"]: one for one in pyproject()["tool"]["importlinter"]["contracts"]}


def docstring(module: str) -> str:
    """Return the docstring of a module or package by its dotted name, without importing it."""
    file = source_file(module)
    return (ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) if file else None) or ""


def source_file(module: str) -> Path | None:
    """Return the file of a module, or the `__init__` of a package; `None` if there is neither."""
    path = ROOT.joinpath(*module.split("."))
    files = (path / "__init__.py", path.with_suffix(".py"))
    return next((file for file in files if file.is_file()), None)


def members(container: str, layer: str) -> list[str]:
    """Return the dotted names of one layer, without optional members that do not exist.

    Args:
        container: The package that the layer belongs to.
        layer: Its members as import-linter writes them: `a | b`, an optional one in brackets.
    """
    names = [f"{container}.{name.strip(' ()')}" for name in layer.split("|")]
    return [name for name in names if source_file(name)]


def wings() -> list[str]:
    """Return the dotted names of all packages that a layered contract gives a place."""
    return [
        name
        for contract in contracts().values()
        for container in contract.get("containers", ())
        for layer in contract["layers"]
        for name in members(container, layer)
        if ROOT.joinpath(*name.split(".")).is_dir()
    ]
