"""The process of the embedded server: runs `llama_cpp.server`, and ends with its parent.

Started by `embedded` as a script, never imported: importing the package would load Dagster. It
ends at once when its standard input closes or its parent changes, so that no server outlives the
run that started it, however that run ended. The first argument is the process id of the parent,
the rest are the arguments of `python -m llama_cpp.server`.
"""

from __future__ import annotations

import os
import runpy
import sys
import threading
import time

PARENT_POLL_SECONDS = 1.0


def end_with_input() -> None:
    """End the process when the parent closes the pipe, or is gone and the system closed it."""
    while os.read(0, 4096):
        continue
    os._exit(0)


def end_without_parent(parent: int) -> None:
    """End the process when it is handed to another parent: a forked sibling can hold the pipe."""
    while os.getppid() == parent:
        time.sleep(PARENT_POLL_SECONDS)
    os._exit(0)


def forget_settings() -> None:
    """Drop variables such as PORT or SEED, which the server would take for its own settings."""
    from llama_cpp.server.settings import Settings

    for name in list(os.environ):
        if name.lower() in Settings.model_fields or name.lower() == "config_file":
            del os.environ[name]


def main() -> None:
    """Watch the parent, then serve until it ends."""
    parent = int(sys.argv.pop(1))
    threading.Thread(target=end_with_input, daemon=True).start()
    threading.Thread(target=end_without_parent, args=(parent,), daemon=True).start()
    forget_settings()
    runpy.run_module("llama_cpp.server", run_name="__main__")


if __name__ == "__main__":
    main()
