"""The page of codes: why something was rejected or repaired, with the meaning the code gives.

The meaning of a code is the string that stands below it in its module.
"""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterable, Mapping
from enum import StrEnum
from itertools import pairwise
from types import ModuleType

from relgen_assets.extraction.codes import RejectionReason, Repair
from relgen_assets.generation import requests
from relgen_assets.sources import cleaning
from relgen_assets_tests.repository.pages.tables import table
from resources.generation import FailureReason

_INTRODUCTION = """# Codes

Reasons and repairs as they stand in tables, metadata and the ledger. A code never changes its
meaning. This page is made from the code by `python -m relgen_assets_tests.repository.pages`.
"""
_CONSTANT = re.compile(r"`([A-Z_]{2,})`")


def codes_page() -> str:
    """Return the page of all codes with their meaning."""
    papers = [name for name, code in vars(cleaning).items() if code in cleaning.REASONS]
    sections = {
        "Articles that cannot be used (`raw_papers.reason`)": _of_module(cleaning, papers),
        "Requests that are not made (`raw_extractions.reason`)": _of_module(
            requests, ["NO_SUMMARY", "NO_CANDIDATES"]
        ),
        "Requests without an answer (`summaries.reason`, `raw_extractions.reason`)": _of_enum(
            FailureReason
        ),
        "Answers that are rejected (`validated_extractions.reason`)": _of_enum(RejectionReason),
        "Answers that are repaired (`validated_extractions.repairs`)": _of_enum(Repair),
    }
    parts = [
        f"## {title}\n\n{table(('code', 'meaning'), _rows(codes))}\n"
        for title, codes in sections.items()
    ]
    return "\n".join([_INTRODUCTION, *parts])


def meanings(source: str) -> dict[str, str]:
    """Return the strings that stand directly below assignments, by the assigned name.

    Args:
        source: A module, or a class with no indentation.
    """
    found: dict[str, str] = {}
    for block in ast.walk(ast.parse(source)):
        if not isinstance(block, ast.Module | ast.ClassDef):
            continue
        for assignment, below in pairwise(block.body):
            match assignment, below:
                case (
                    ast.Assign(targets=[ast.Name(id=name)]),
                    ast.Expr(value=ast.Constant(value=str(text))),
                ):
                    found[name] = inspect.cleandoc(text)
    return found


def _of_enum(codes: type[StrEnum]) -> dict[str, str]:
    """Return the meaning of each code of an enum."""
    said = meanings(inspect.getsource(codes))
    return {code.value: said[code.name] for code in codes}


def _of_module(module: ModuleType, names: Iterable[str]) -> dict[str, str]:
    """Return the meaning of each code that a module holds under one of the names.

    Where the meaning names a constant of the module, the page says its value.
    """
    said = meanings(inspect.getsource(module))
    return {
        getattr(module, name): _CONSTANT.sub(
            lambda found: str(getattr(module, found[1])), said[name]
        )
        for name in names
    }


def _rows(codes: Mapping[str, str]) -> list[tuple[str, str]]:
    return [(f"`{code}`", meaning) for code, meaning in codes.items()]
