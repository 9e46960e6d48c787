"""Imports that a fork made, made in the process that is forked, so that the next need not.

Commands import what they need when they need it: Dagster's parts, `datasets`, pandas, the taggers.
That takes seconds of processor time in every fork. A fork leaves the names of its modules; what it
imported, the next forks find imported. A module that starts a thread would not survive a fork, so
that is an error.

The collector of garbage leaves out what was imported before a fork: a fork that walked through it
would copy all of it, page by page.
"""

from __future__ import annotations

import gc
import importlib
import json
import sys
import threading
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

_NAMES = "modules.json"


class LearnedImports:
    """What forks have imported; made before the first of them."""

    def __init__(self) -> None:
        self._folder = TemporaryDirectory()
        self._names = Path(self._folder.name, _NAMES)
        self._tried = set(sys.modules)
        gc.freeze()

    def tell(self) -> None:
        """Leave the names of the modules of this process, a fork that is about to end."""
        names = [name for name in sys.modules if name not in self._tried]
        self._names.write_text(json.dumps(names), encoding="utf-8")

    def learn(self) -> None:
        """Import what the last fork has told; one that was killed told nothing."""
        if not self._names.exists():
            return
        for name in json.loads(self._names.read_text(encoding="utf-8")):
            if name not in self._tried:
                self._tried.add(name)
                with suppress(ImportError):  # made while running, and in no file
                    importlib.import_module(name)
        self._names.unlink()
        gc.freeze()
        threads = threading.enumerate()
        assert len(threads) == 1, f"an import started a thread, which forks would lack: {threads}"
