"""Who may import whom: the contracts hold, they bite, and the wings say the truth about it."""

from __future__ import annotations

import functools
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import grimp
import pytest

from relgen_assets_tests.repository.tree import ROOT, contracts, docstring, pyproject, wings

EVERYTHING_BELOW = "May touch everything below it"

BREACHES = {
    "packages": ("resources/errors.py", "import relgen_assets.rows"),
    "relgen_assets": ("relgen_assets/rows/models.py", "import relgen_assets.settings"),
    "no_dagster": ("relgen_assets/export/splits.py", "import resources.parquet_io_manager"),
    "resources": (
        "resources/generation_ledger/keys.py",
        "import resources.llama_server_pool.endpoint",
    ),
    "llama_server_pool": (
        "resources/llama_server_pool/servers/client.py",
        "import resources.llama_server_pool.health",
    ),
    "scheduling_is_pure": ("resources/llama_server_pool/scheduling/guard.py", "import time"),
    "what_is_simulated_runs": (
        "resources/llama_server_pool/simulation/workload.py",
        "import asyncio",
    ),
}
"""One forbidden import for each contract."""


def lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    """Check the contracts of the tree in `folder`, without a cache."""
    return subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=folder,
        env={**os.environ, "COLUMNS": "200", "PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_every_contract_is_kept() -> None:
    outcome = lint_imports(ROOT)
    assert outcome.returncode == 0, outcome.stdout + outcome.stderr


def test_every_contract_bites(tmp_path: Path) -> None:
    config = pyproject()["tool"]["importlinter"]
    for package in config["root_packages"]:
        shutil.copytree(
            ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__")
        )
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for file, line in BREACHES.values():
        with (tmp_path / file).open("a", encoding="utf-8") as opened:
            opened.write(f"\n{line}\n")

    outcome = lint_imports(tmp_path)

    assert outcome.returncode == 1
    assert BREACHES.keys() == contracts().keys()
    for contract in contracts().values():
        assert re.search(rf"^{re.escape(contract['name'])}\s+BROKEN", outcome.stdout, re.MULTILINE)


def test_domain_wings_load_no_dagster() -> None:
    """What a wing really loads, its packages' `__init__` files and late imports included."""
    loaded = f"""
import importlib, pkgutil, sys
for name in {contracts()["no_dagster"]["source_modules"]!r}:
    module = importlib.import_module(name)
    for found in pkgutil.walk_packages(getattr(module, "__path__", []), name + "."):
        importlib.import_module(found.name)
    assert "dagster" not in sys.modules, name + " loads dagster"
"""
    subprocess.run([sys.executable, "-c", loaded], cwd=ROOT, check=True)


def test_the_contract_without_dagster_names_every_domain_wing() -> None:
    top = {"relgen_assets", "relgen_assets.cli", "relgen_assets.orchestration"}
    domain = {wing for wing in wings() if wing.startswith("relgen_assets")} - top
    assert domain <= set(contracts()["no_dagster"]["source_modules"])


@functools.cache
def import_graph() -> grimp.ImportGraph:
    """Return the imports of both packages, but for those that a contract ignores."""
    graph = grimp.build_graph("relgen_assets", "resources", cache_dir=None)
    for contract in contracts().values():
        for ignored in contract.get("ignore_imports", ()):
            importer, _, imported = ignored.partition(" -> ")
            graph.remove_import(importer=importer, imported=imported)
    return graph


def touched(wing: str) -> set[str]:
    """Return what a wing imports, as its docstring would name it.

    That is a bare name for a neighbour in the same package, and `resources.…` for what lies in
    `resources`, down to its second level.
    """
    package = wing.rpartition(".")[0]
    inside = {wing} | import_graph().find_descendants(wing)
    imported = {
        other
        for module in inside
        for other in import_graph().find_modules_directly_imported_by(module)
    } - inside
    found: set[str] = set()
    for module in imported:
        parts = module.removeprefix(package + ".").split(".")
        neighbour = package != "resources" and module.startswith(package + ".")
        found.add(parts[0] if neighbour else ".".join(module.split(".")[:2]))
    return found


@pytest.mark.parametrize("wing", wings())
def test_every_wing_says_what_it_may_touch(wing: str) -> None:
    _, says, statement = docstring(wing).partition("May touch")
    assert says, f"{wing}: its docstring does not say what it may touch"
    if (says + statement).startswith(EVERYTHING_BELOW):
        return
    named = set(re.findall(r"`([\w.]+)`", statement))
    assert touched(wing) <= named, f"{wing} imports more than its docstring says it may touch"
