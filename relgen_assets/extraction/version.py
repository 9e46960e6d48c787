"""The version of the rules by which answers are judged; it is recorded with every verdict.

A verdict depends on the code of the modules in `RULES`, on the policy of the project, on the list
of control tokens, which no name may hold, and otherwise on nothing but the stored row and its
chunk: the worked examples that no answer may repeat are those of the prompt that was sent.
Comments, docstrings and layout do not count.
"""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Final

from relgen_assets.extraction.policy import JudgingPolicy
from resources.control_tokens import list_version

RULES: Final = (
    "aliases",
    "answer_schema",
    "claims",
    "cleaning",
    "codes",
    "contradiction",
    "direction",
    "draft",
    "entity_reading",
    "evidence",
    "fields",
    "fuzzy",
    "grounding",
    "identity",
    "words",
    "judge",
    "judgement",
    "languages",
    "leaks",
    "merging",
    "names",
    "naming",
    "notes",
    "pairs",
    "passages",
    "policy",
    "quoted_evidence",
    "reading",
    "refusals",
    "related",
    "relation_reading",
    "repetition",
    "salvage",
    "second_opinion",
    "senses",
    "sent_prompt",
    "sentences",
    "shape",
    "spelling",
    "statements",
    "type_reading",
    "validation",
    "verb_words",
    "verbs",
    "worked_examples",
)
"""Modules of this package that decide on an answer."""
NO_RULES: Final = (
    "__init__",
    "clauses",
    "entity_list",
    "judging",
    "places",
    "quotes",
    "summary_rules",
    "version",
)
"""The other modules. Quotes and lists of names belong to an answer's key, not its verdict; places
are only shown."""

VERSION_CHARACTERS = 12
_DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


@cache
def validator(policy: JudgingPolicy) -> str:
    """Return the name and version of these rules under a policy, as recorded with each verdict."""
    package = files(__package__)
    sources = {name: (package / f"{name}.py").read_text(encoding="utf-8") for name in RULES}
    judging = f"{rules_version(sources)} {policy} {list_version()}"
    return f"relgen-{hashlib.sha256(judging.encode()).hexdigest()[:VERSION_CHARACTERS]}"


def judged_by(rules: str, *, asks_model: bool) -> str:
    """Return what a verdict is recorded under: the rules, and whether a model was asked as well."""
    return f"{rules}+second-opinion" if asks_model else rules


def rules_version(sources: Mapping[str, str]) -> str:
    """Return a short hash that changes with any rule, and with nothing else.

    Args:
        sources: The source text of each module of rules, by its name.
    """
    digest = hashlib.sha256()
    for name in sorted(sources):
        digest.update(f"{name}\n{_code_of(sources[name])}\n".encode())
    return digest.hexdigest()[:VERSION_CHARACTERS]


def _code_of(source: str) -> str:
    """Return the code of a module in one canonical form: no comments, docstrings or layout."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, _DOCUMENTED):
            # A bare string is a docstring, of the block or of the name above it.
            node.body = [one for one in node.body if not _is_bare_string(one)]
    return ast.unparse(tree)


def _is_bare_string(statement: ast.stmt) -> bool:
    return (
        isinstance(statement, ast.Expr)
        and isinstance(statement.value, ast.Constant)
        and isinstance(statement.value.value, str)
    )
