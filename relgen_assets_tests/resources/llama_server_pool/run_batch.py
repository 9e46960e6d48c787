"""One run in its own process: `python -m ...run_batch FOLDER URL SLOTS FIRST LAST`."""

from __future__ import annotations

import sys
from pathlib import Path

from relgen_assets_tests.resources.llama_server_pool.pools import (
    endpoint_at,
    pool_of,
    questions,
)


def main() -> None:
    """Generate the questions FIRST to LAST with the server at URL."""
    folder, url, slots, first, last = sys.argv[1:]
    with pool_of(Path(folder), endpoint_at(url, "shared", slots=int(slots))) as pool:
        pool.generate(questions(int(last))[int(first) :])


if __name__ == "__main__":
    main()
