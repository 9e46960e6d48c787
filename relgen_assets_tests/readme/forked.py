"""Runs commands of `relgen`, each in a fresh fork of a process that has imported it.

Loading Dagster takes seconds of every command, half a minute for all of the README. The process
that is forked starts no threads and opens neither a database nor a connection.

    python -m relgen_assets_tests.readme.forked

Every line on standard input is JSON: arguments, folder and environment of a command, and the file
for its output. For each, the exit status is printed.
"""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path

from relgen_assets import cli
from relgen_assets_tests.learned_imports import LearnedImports

LOADED = (
    "relgen_assets.definitions",
    "relgen_assets.cli.running",
    "relgen_assets.export.loading",
    "resources.llama_server_pool.dispatch.dispatcher",
)
"""What all commands would import; what else they do is learned from each."""


class ForkedRelgen:
    """The process that is forked.

    Args:
        environment: Its environment variables.
    """

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", __spec__.name],
            env=dict(environment),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def run(
        self, arguments: Sequence[str], folder: Path, environment: Mapping[str, str], output: Path
    ) -> int:
        """Return the exit status of `relgen`, which prints into the file `output`."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        order = {
            "arguments": list(arguments),
            "folder": str(folder),
            "environment": dict(environment),
            "output": str(output),
        }
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())

    def close(self) -> None:
        """End the process."""
        self._process.communicate()


def main() -> None:
    """Serve standard input until it ends."""
    for module in LOADED:
        importlib.import_module(module)
    imports = LearnedImports()
    for line in sys.stdin:
        order = json.loads(line)
        child = os.fork()
        if child == 0:
            _become_relgen(imports, **order)
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)
        imports.learn()


def _become_relgen(
    imports: LearnedImports,
    arguments: Sequence[str],
    folder: str,
    environment: Mapping[str, str],
    output: str,
) -> None:
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    file = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    for stream, target in ((0, os.open(os.devnull, os.O_RDONLY)), (1, file), (2, file)):
        os.dup2(target, stream)
    sys.argv = ["relgen", *arguments]
    status = 1
    try:
        cli.main()
        status = 0
    except SystemExit as ended:
        status = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    except BaseException:
        traceback.print_exc()
    sys.stdout.flush()
    imports.tell()
    os._exit(status)


if __name__ == "__main__":
    main()
