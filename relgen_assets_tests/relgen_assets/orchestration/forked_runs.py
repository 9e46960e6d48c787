"""Runs `relgen run` repeatedly, each time in a fresh fork of a process that has imported it.

Importing Dagster takes seconds, too long for a test that kills twenty runs. The parent starts no
threads and opens neither a database nor a connection, so that a fork is in the state of a process
that has just started.

    python -m relgen_assets_tests.relgen_assets.orchestration.forked_runs

Every line on standard input is JSON: a project folder, arguments of `relgen run`, and environment
variables. For each, the id of its process is printed, and when it has ended its exit status,
negative for a signal. A folder with a `dagster.yaml` keeps its runs there; without one they are not
stored, which is three times as fast. What a run has imported, the next ones find imported.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import traceback
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import dagster as dg

from relgen_assets import cli
from relgen_assets.cli import running
from relgen_assets.text.candidates import candidate_terms
from relgen_assets_tests.learned_imports import LearnedImports
from resources.llama_server_pool.policy import DispatchPolicy
from resources.llama_server_pool.pool import LlamaServerPool

LEASE_SECONDS = 1.0
"""A killed run holds its slots until their leases end; the real half a minute is too long here."""

LOADED = (
    "relgen_assets.definitions",
    "relgen_assets.export.loading",
    "resources.llama_server_pool.dispatch.dispatcher",
)
"""What every run imports; a run that is killed before its end tells nothing of it."""


def main() -> None:
    """Serve standard input until it ends."""
    for module in LOADED:
        importlib.import_module(module)
    policy = DispatchPolicy(lease_seconds=LEASE_SECONDS, lease_renewal=LEASE_SECONDS / 5)
    LlamaServerPool.__private_attributes__["_policy"].default_factory = lambda: policy
    candidate_terms("Reef corals host dinoflagellate algae.", 2)  # imports its library
    imports = LearnedImports()
    print("ready", flush=True)
    for line in sys.stdin:
        order = json.loads(line)
        child = os.fork()
        if child == 0:
            _run(imports, Path(order["folder"]), order["arguments"], order["variables"])
        print(child, flush=True)
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)
        imports.learn()


def _run(
    imports: LearnedImports, folder: Path, arguments: Sequence[str], variables: Mapping[str, str]
) -> None:
    """Become `relgen run` in the folder; its output is added to `output.txt` there."""
    os.chdir(folder)
    os.environ.pop("DAGSTER_HOME", None)
    os.environ.update(variables)
    if not Path("dagster.yaml").exists():
        running.__dict__["opened_instance"] = _forgetful_instance
    output = os.open("output.txt", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    for stream in (1, 2):
        os.dup2(output, stream)
    sys.argv = ["relgen", "run", *arguments]
    status = 1
    try:
        cli.main()
        status = 0
    except SystemExit as ended:
        status = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        imports.tell()
        os._exit(status)


@contextmanager
def _forgetful_instance(_root: Path) -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as instance:
        yield instance


if __name__ == "__main__":
    main()
