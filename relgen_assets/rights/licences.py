"""Licences of articles: one spelling for each, and what it allows.

Sources name a licence as they like: an SPDX id, the name of a Creative Commons licence, its
address, the address of arXiv's own licence, or a sentence of a publisher. `licence_of` recognises
those and returns the id that the Hugging Face Hub uses: the SPDX id in lower case, if there is one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

UNKNOWN: Final = "unknown"
"""Id of a licence that is not named, or not in words that are known here."""


class Use(StrEnum):
    """What a licence allows a dataset that holds parts of the article."""

    FREE = "free"
    """Publish, without conditions."""
    ATTRIBUTED = "attributed"
    """Publish if authors, title, source and licence are named."""
    SHARED_ALIKE = "shared_alike"
    """Publish with attribution, under the same licence only."""
    NOT_COMMERCIAL = "not_commercial"
    """Publish with attribution, for uses that are not commercial."""
    FORBIDDEN = "forbidden"
    """Do not publish: changed versions, or copies at all, are not allowed."""
    UNKNOWN = "unknown"
    """Nothing is known."""


@dataclass(frozen=True, slots=True)
class Licence:
    """A licence, recognised or not.

    Attributes:
        id: The Hub's id, such as `cc-by-4.0`; `unknown` if it is not recognised.
        use: What it allows.
        url: Address of its text; empty if there is none.
    """

    id: str
    use: Use
    url: str = ""


_CC_ADDRESS = re.compile(
    r"creativecommons\.org/(?P<family>licenses|publicdomain)/(?P<code>[a-z-]+)"
    r"(?:/(?P<version>\d\.\d))?"
)
_CC_WORDS: Final = (
    ("by", re.compile(r"\battribution\b")),
    ("nc", re.compile(r"\bnon[- ]?commercial\b")),
    ("nd", re.compile(r"\bno[- ]?deriv(?:ative|ate)s?(?: works)?\b")),
    ("sa", re.compile(r"\bshare[- ]?alike\b")),
)
_CC_CODE = re.compile(r"\bcc[ _-]?(by(?:[ _-](?:nc|nd|sa))*)\b[ _-]?(?:v(?:ersion)? ?)?(\d\.\d)?")
_CC_NAME = re.compile(r"creative commons[\w ,()./-]*|^attribution[\w ,()./-]*")
_CC_ZERO = re.compile(r"\bcc[ _-]?0\b|\bcc[ _-]?zero\b|creative commons zero")
_PUBLIC_DOMAIN = re.compile(r"^(?:the )?(?:public[- ]domain|pddl|pdm?|no known copyright)\b")
_RESERVED = re.compile(r"all[ -]rights[ -]reserved|no reuse|not licensed for reuse|©.*elsevier")
_VERSION = re.compile(r"\b(\d\.\d)\b")
_ARXIV = re.compile(
    r"arxiv\.org/licenses/(?:nonexclusive-distrib|assumed)|arxiv-nonexclusive|arxiv.{0,20}perpetual"
)
_PLAIN: Final = {
    "apache-2.0": Licence(
        "apache-2.0", Use.ATTRIBUTED, "https://www.apache.org/licenses/LICENSE-2.0"
    ),
    "bsd-2-clause": Licence(
        "bsd-2-clause", Use.ATTRIBUTED, "https://spdx.org/licenses/BSD-2-Clause"
    ),
    "bsd-3-clause": Licence(
        "bsd-3-clause", Use.ATTRIBUTED, "https://spdx.org/licenses/BSD-3-Clause"
    ),
    "mit": Licence("mit", Use.ATTRIBUTED, "https://spdx.org/licenses/MIT"),
    "odc-by": Licence("odc-by", Use.ATTRIBUTED, "https://opendatacommons.org/licenses/by/"),
    "odc-by-1.0": Licence("odc-by", Use.ATTRIBUTED, "https://opendatacommons.org/licenses/by/"),
    "gfdl": Licence("gfdl", Use.SHARED_ALIKE, "https://www.gnu.org/licenses/fdl.html"),
    "unlicense": Licence("unlicense", Use.FREE, "https://unlicense.org"),
}
"""Licences that are named by their id only, each with the attribution that it asks for."""
_HYPHENS: Final = str.maketrans("_\u2010\u2011", "---")
_ORDER: Final = ("by", "nc", "nd", "sa")
_CC0: Final = Licence("cc0-1.0", Use.FREE, "https://creativecommons.org/publicdomain/zero/1.0/")
_MARK: Final = Licence(
    "public-domain", Use.FREE, "https://creativecommons.org/publicdomain/mark/1.0/"
)
_ARXIV_LICENCE: Final = Licence(
    "arxiv-nonexclusive-distrib-1.0",
    Use.FORBIDDEN,
    "https://arxiv.org/licenses/nonexclusive-distrib/1.0/",
)
_ALL_RIGHTS: Final = Licence("all-rights-reserved", Use.FORBIDDEN)


def licence_of(named: str) -> Licence:
    """Return the licence that a source names.

    A Creative Commons licence without a version is kept without one: `cc-by`.

    Args:
        named: What the source says, in any of the usual forms; may be empty.
    """
    said = " ".join(named.casefold().translate(_HYPHENS).split())
    if not said:
        return Licence(UNKNOWN, Use.UNKNOWN)
    if found := _CC_ADDRESS.search(said):
        return _from_address(found)
    if _ARXIV.search(said):
        return _ARXIV_LICENCE
    if known := _PLAIN.get(said):
        return known
    if _CC_ZERO.search(said):
        return _CC0
    if found := _CC_CODE.search(said):
        return _creative_commons(re.split(r"[ _-]", found[1]), found[2])
    if found := _CC_NAME.search(said):
        terms = [code for code, words in _CC_WORDS if words.search(found[0])]
        version = _VERSION.search(said)
        if "by" in terms:
            return _creative_commons(terms, version[1] if version else None)
    if _PUBLIC_DOMAIN.search(said):
        return _MARK
    if _RESERVED.search(said):
        return _ALL_RIGHTS
    return Licence(UNKNOWN, Use.UNKNOWN)


def is_hub_id(licence: str) -> bool:
    """Return whether the Hub takes this as the `license` of a card; others are told as `other`.

    The list is that of the Hub's documentation of dataset cards, as far as it is used for text.
    """
    return licence in _HUB_IDS


def _from_address(found: re.Match[str]) -> Licence:
    if found["family"] == "publicdomain":
        return _CC0 if found["code"] == "zero" else _MARK
    return _creative_commons(found["code"].split("-"), found["version"])


def _creative_commons(terms: list[str], version: str | None) -> Licence:
    """Return the licence with these terms, such as `by` and `sa`."""
    if "by" not in terms or not set(terms) <= set(_ORDER):
        return Licence(UNKNOWN, Use.UNKNOWN)
    code = "-".join(term for term in _ORDER if term in terms)
    use = Use.ATTRIBUTED
    if "nd" in terms:
        use = Use.FORBIDDEN  # a dataset of parts and extractions is a changed version
    elif "nc" in terms:
        use = Use.NOT_COMMERCIAL
    elif "sa" in terms:
        use = Use.SHARED_ALIKE
    url = f"https://creativecommons.org/licenses/{code}/{version or '4.0'}/"
    return Licence(f"cc-{code}-{version}" if version else f"cc-{code}", use, url if version else "")


_CC_VERSIONS: Final = ("2.0", "2.5", "3.0", "4.0")
_HUB_IDS: Final = frozenset(
    {
        *_PLAIN.keys() - {"odc-by-1.0"},
        "cc",
        "cc0-1.0",
        "etalab-2.0",
        "cdla-permissive-1.0",
        "cdla-permissive-2.0",
        "cdla-sharing-1.0",
        "c-uda",
        "odbl",
        "pddl",
        "afl-3.0",
        "artistic-2.0",
        "bsl-1.0",
        "bsd",
        "lgpl-lr",
        "openrail",
        "other",
        UNKNOWN,
        *(f"cc-by-{version}" for version in _CC_VERSIONS),
        *(f"cc-by-sa-{version}" for version in ("3.0", "4.0")),
        *(f"cc-by-nc-{version}" for version in ("2.0", "3.0", "4.0")),
        *(f"cc-by-nc-sa-{version}" for version in ("2.0", "3.0", "4.0")),
        *(f"cc-by-nc-nd-{version}" for version in ("3.0", "4.0")),
        "cc-by-nd-4.0",
    }
)
