"""The version of the rules that answers are judged by, under which verdicts are recorded."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.resources import files

from relgen_assets.prompts import example_descriptions

VERSION_CHARACTERS = 12


@cache
def rules_version() -> str:
    """Return a short hash that changes whenever the rules of judgement do.

    The rules are the modules of this package, so that none can change without it, and the
    descriptions in the prompts' examples, which no answer may repeat.
    """
    modules = (file for file in files(__package__).iterdir() if file.name.endswith(".py"))
    digest = hashlib.sha256()
    for module in sorted(modules, key=lambda file: file.name):
        digest.update(f"{module.name}\n".encode() + module.read_bytes())
    for description in sorted(example_descriptions()):
        digest.update(f"{description}\n".encode())
    return digest.hexdigest()[:VERSION_CHARACTERS]
