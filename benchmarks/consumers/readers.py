"""How many rows of a dataset folder each reader gets: `datasets`, pandas and others.

    CONSUMER/bin/python benchmarks/consumers/readers.py DATASET

What is not installed in the environment is left out. The script needs nothing of the project, so
that an environment may hold versions that the project does not work with.
"""

from __future__ import annotations

import argparse
import importlib
import tempfile
from collections.abc import Callable
from pathlib import Path

Counts = dict[str, int]
"""Rows by config, over all splits."""


def main() -> None:
    """Print a table: one line for each reader, beside what the parquet files hold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("dataset", type=Path)
    folder: Path = parser.parse_args().dataset
    files = _files(folder)
    print("| reader | version | configs | rows | as in the files |")
    print("|---|---|---|---|---|")
    expected = _with_pyarrow(files)
    for title, package, count in _READERS:
        try:
            version = importlib.import_module(package).__version__
        except ImportError:
            continue
        found = count(folder, files)
        same = "yes" if found == expected else f"no: {found}"
        print(f"| {title} | {version} | {len(found)} | {sum(found.values()):,} | {same} |")


def _files(folder: Path) -> dict[str, list[str]]:
    """Return the parquet files of each config."""
    found: dict[str, list[str]] = {}
    for path in sorted(folder.glob("*/*/*.parquet")):
        found.setdefault(path.parts[-3], []).append(str(path))
    return found


def _with_pyarrow(files: dict[str, list[str]]) -> Counts:
    import pyarrow.parquet as pq

    return {
        config: sum(pq.read_metadata(path).num_rows for path in paths)
        for config, paths in files.items()
    }


def _with_datasets(folder: Path, _files: dict[str, list[str]]) -> Counts:
    import datasets

    datasets.disable_progress_bars()
    with tempfile.TemporaryDirectory() as cache:
        return {
            config: sum(
                len(split)
                for split in datasets.load_dataset(str(folder), config, cache_dir=cache).values()
            )
            for config in datasets.get_dataset_config_names(str(folder))
        }


def _streamed(folder: Path, _files: dict[str, list[str]]) -> Counts:
    import datasets

    return {
        config: sum(
            sum(1 for _ in split)
            for split in datasets.load_dataset(str(folder), config, streaming=True).values()
        )
        for config in datasets.get_dataset_config_names(str(folder))
    }


def _with_pandas(_folder: Path, files: dict[str, list[str]]) -> Counts:
    import pandas as pd

    return {
        config: sum(len(pd.read_parquet(path)) for path in paths) for config, paths in files.items()
    }


def _with_polars(folder: Path, files: dict[str, list[str]]) -> Counts:
    import polars as pl

    return {
        config: len(pl.read_parquet(str(folder / config / "*" / "*.parquet"))) for config in files
    }


def _with_duckdb(folder: Path, files: dict[str, list[str]]) -> Counts:
    import duckdb

    return {
        config: duckdb.sql(
            "SELECT count(*) FROM read_parquet(?)",
            params=[str(folder / config / "*" / "*.parquet")],
        ).fetchall()[0][0]
        for config in files
    }


_READERS: list[tuple[str, str, Callable[[Path, dict[str, list[str]]], Counts]]] = [
    ("datasets", "datasets", _with_datasets),
    ("datasets, streaming", "datasets", _streamed),
    ("pandas", "pandas", _with_pandas),
    ("polars", "polars", _with_polars),
    ("DuckDB", "duckdb", _with_duckdb),
]


if __name__ == "__main__":
    main()
