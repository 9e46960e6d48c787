"""How to cite the dataset: `CITATION.cff`, and the BibTeX entry of the card.

Both are made from what the project says, and name the contents by their fingerprint. They have no
date, so that the same rows are cited by the same bytes.
"""

from __future__ import annotations

import re
from typing import Any, Final

import yaml

from relgen_assets.export.about import About
from relgen_assets.rights.licences import licence_of

CITATION_FILE: Final = "CITATION.cff"

_BIBTEX_MARKUP = re.compile(r"[{}\\\"`]")
_BIBTEX_ESCAPED = re.compile(r"([%&#_$])")
_ANONYMOUS: Final = "The curators of this dataset"
_SPDX: Final = {
    "apache-2.0": "Apache-2.0",
    "bsd-2-clause": "BSD-2-Clause",
    "bsd-3-clause": "BSD-3-Clause",
    "mit": "MIT",
    "unlicense": "Unlicense",
}


def citation(about: About, fingerprint: str) -> str:
    """Return the text of `CITATION.cff`, by version 1.2.0 of its format.

    Args:
        about: What the project says.
        fingerprint: Short hash of the contents, given as their version.
    """
    entries: dict[str, Any] = {
        "cff-version": "1.2.0",
        "message": "If you use this dataset, cite it, and the articles that it was made from.",
        "type": "dataset",
        "title": " ".join(about.title.split()),
        "authors": [{"name": " ".join(name.split())} for name in about.curators]
        or [{"name": _ANONYMOUS}],
        "version": fingerprint,
    }
    if spdx := _spdx(about.licence):
        entries["license"] = spdx
    return str(yaml.safe_dump(entries, sort_keys=False, allow_unicode=True))


def bibtex(about: About, fingerprint: str) -> str:
    """Return a BibTeX entry."""
    authors = " and ".join(f"{{{_tex(name)}}}" for name in about.curators or [_ANONYMOUS])
    return (
        f"@misc{{dataset-{fingerprint},\n"
        f"  title = {{{_tex(about.title)}}},\n"
        f"  author = {{{authors}}},\n"
        f"  note = {{Contents {fingerprint}, made with relgen-assets}}\n"
        "}"
    )


def _tex(text: str) -> str:
    """Return text on one line that can end neither its braces nor the block of code."""
    return _BIBTEX_ESCAPED.sub(r"\\\1", _BIBTEX_MARKUP.sub("", " ".join(text.split())))


def _spdx(licence: str) -> str:
    """Return the SPDX id of a licence, or nothing if it has none that is certain."""
    known = licence_of(licence).id
    certain = known.startswith("cc-") and known[-1].isdigit()
    return known.upper() if certain or known == "cc0-1.0" else _SPDX.get(known, "")
