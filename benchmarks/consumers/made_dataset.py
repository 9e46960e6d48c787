"""Makes a dataset without a model, as `benchmarks.scale` does, for consumers to read.

python -m benchmarks.consumers.made_dataset FOLDER [ARTICLES.jsonl] --articles 20
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

from benchmarks.made_projects import served, synthesise, write_project

_ROOT = Path(__file__).parents[2]
_SAMPLE = _ROOT / "relgen_assets" / "sources" / "data" / "sample.jsonl"


def main() -> None:
    """Make the project and its dataset."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("articles_file", type=Path, nargs="?", default=_SAMPLE)
    parser.add_argument("--articles", type=int, default=20)
    parser.add_argument("--chunks", type=int, default=4, help="most chunks of an article")
    options = parser.parse_args()
    options.folder.mkdir(parents=True)
    originals = [json.loads(line) for line in options.articles_file.open(encoding="utf-8")]
    synthesise(options.folder / "papers.jsonl", originals, options.articles)
    with served() as urls:
        write_project(options.folder, urls, options.articles, options.chunks)
        subprocess.run(
            [sys.executable, "-c", "from relgen_assets.cli import main; main()", "run"],
            cwd=options.folder,
            env={**os.environ, "PYTHONPATH": str(_ROOT)},
            check=True,
        )


if __name__ == "__main__":
    main()
