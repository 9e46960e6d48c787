"""The process of the embedded server: runs `llama_cpp.server` and exits with its parent.

`server` starts it as a script; nothing imports it, since its package would load Dagster. It exits
when its standard input closes or its parent changes, so that no server outlives the run that
started it, however that run ends. The first argument is the process id of the parent, the rest are
the arguments of `python -m llama_cpp.server`.
"""

from __future__ import annotations

import os
import runpy
import sys
import threading
import time

PARENT_POLL_SECONDS = 1.0


def end_with_input() -> None:
    """Exit when the pipe to the parent closes, because the parent closed it or died."""
    while os.read(0, 4096):
        continue
    os._exit(0)


def end_without_parent(parent: int) -> None:
    """Exit when the parent is gone, even if a forked sibling still holds the pipe open."""
    while os.getppid() == parent:
        time.sleep(PARENT_POLL_SECONDS)
    os._exit(0)


def forget_settings() -> None:
    """Unset variables such as PORT or SEED, which the server would read as settings."""
    from llama_cpp.server.settings import Settings

    for name in list(os.environ):
        if name.lower() in Settings.model_fields or name.lower() == "config_file":
            del os.environ[name]


def main() -> None:
    """Serve until the parent ends."""
    parent = int(sys.argv.pop(1))
    threading.Thread(target=end_with_input, daemon=True).start()
    threading.Thread(target=end_without_parent, args=(parent,), daemon=True).start()
    forget_settings()
    runpy.run_module("llama_cpp.server", run_name="__main__")


if __name__ == "__main__":
    main()
