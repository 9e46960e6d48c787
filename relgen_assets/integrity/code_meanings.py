"""What the codes in stored tables mean, in the words that stand below each code in its module.

One list for the page of codes, the command line and the web UI. The codes themselves are defined
where they are given.
"""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterable, Mapping
from enum import StrEnum
from functools import cache
from itertools import pairwise
from types import ModuleType

from relgen_assets.extraction.codes import RejectionReason, Repair
from relgen_assets.extraction.evidence import Fault
from relgen_assets.extraction.grounding import Occurrence
from relgen_assets.extraction.spelling import Difference
from relgen_assets.generation import not_asked
from relgen_assets.rows import models
from relgen_assets.sources import cleaning
from resources.generation import FailureReason

_CONSTANT = re.compile(r"`([A-Z_]{2,})`")


@cache
def code_groups() -> Mapping[str, Mapping[str, str]]:
    """Return all codes with their meanings, by the column they stand in."""
    papers = [name for name, code in vars(cleaning).items() if code in cleaning.REASONS]
    return {
        "Articles that cannot be used (`raw_papers.reason`)": _of_module(cleaning, papers),
        "Requests that are not made (`raw_extractions.reason`)": _of_module(
            not_asked, ["NO_SUMMARY", "NO_CANDIDATES", "NO_TAGGER", "NO_QUOTES"]
        ),
        "Summaries that are not wanted (`summaries.reason`)": _of_module(models, ["SUMMARIES_OFF"]),
        "Requests without an answer (`summaries.reason`, `raw_extractions.reason`)": _of_enum(
            FailureReason
        ),
        "Answers that are rejected (`validated_extractions.reason`)": _of_enum(RejectionReason),
        "Answers that are repaired (`validated_extractions.repairs`)": _of_enum(Repair),
        "How names occur (`validated_extractions.grounding.status`)": _of_enum(Occurrence),
        "In what a normalised name differs (`validated_extractions.grounding.differences`)": (
            _of_enum(Difference)
        ),
        "Relations that are kept with a fault (`validated_extractions.evidence.fault`)": _of_enum(
            Fault
        ),
    }


def meaning(code: str) -> str:
    """Return what a code of a stored table means; empty for a code that is not known."""
    return next((codes[code] for codes in code_groups().values() if code in codes), "")


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

    Where the meaning names a constant of the module, its value is given.
    """
    said = meanings(inspect.getsource(module))
    return {
        getattr(module, name): _CONSTANT.sub(
            lambda found: str(getattr(module, found[1])), said[name]
        )
        for name in names
    }
