"""Licences: every usual name of one gives the Hub's id and what it allows; nothing is guessed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relgen_assets.rights.licences import UNKNOWN, Use, is_hub_id, licence_of

BOILERPLATE = (
    "This is an open access article distributed under the terms of the Creative Commons"
    " Attribution License, which permits unrestricted use, distribution, and reproduction in any"
    " medium, provided the original author and source are credited."
)


@pytest.mark.parametrize(
    ("named", "licence", "use"),
    [
        ("CC-BY-4.0", "cc-by-4.0", Use.ATTRIBUTED),
        ("CC BY 4.0", "cc-by-4.0", Use.ATTRIBUTED),
        ("cc_by_sa_3.0", "cc-by-sa-3.0", Use.SHARED_ALIKE),
        ("CC\u2010BY\u2010NC", "cc-by-nc", Use.NOT_COMMERCIAL),
        ("CC BY-NC-ND", "cc-by-nc-nd", Use.FORBIDDEN),
        ("http://creativecommons.org/licenses/by/4.0/", "cc-by-4.0", Use.ATTRIBUTED),
        ("https://creativecommons.org/licenses/by-nc-nd/3.0/igo", "cc-by-nc-nd-3.0", Use.FORBIDDEN),
        ("http://creativecommons.org/publicdomain/zero/1.0/", "cc0-1.0", Use.FREE),
        ("https://creativecommons.org/publicdomain/mark/1.0/", "public-domain", Use.FREE),
        ("CC0", "cc0-1.0", Use.FREE),
        ("Public Domain", "public-domain", Use.FREE),
        ("Attribution 4.0 International (CC BY 4.0)", "cc-by-4.0", Use.ATTRIBUTED),
        (
            "Creative Commons Attribution-NonCommercial-ShareAlike 4.0 International",
            "cc-by-nc-sa-4.0",
            Use.NOT_COMMERCIAL,
        ),
        (BOILERPLATE, "cc-by", Use.ATTRIBUTED),
        (
            "http://arxiv.org/licenses/nonexclusive-distrib/1.0/",
            "arxiv-nonexclusive-distrib-1.0",
            Use.FORBIDDEN,
        ),
        ("MIT", "mit", Use.ATTRIBUTED),
        ("Apache-2.0", "apache-2.0", Use.ATTRIBUTED),
        ("© 2014 Elsevier B.V. All rights reserved.", "all-rights-reserved", Use.FORBIDDEN),
    ],
)
def test_a_licence_is_recognised_in_its_usual_forms(named: str, licence: str, use: Use) -> None:
    known = licence_of(named)
    assert (known.id, known.use) == (licence, use)
    assert licence_of(known.id).use is use, "an id that was stored means the same"


@pytest.mark.parametrize(
    "named",
    [
        "",
        "open access",
        "Elsevier user license",
        "no licence",
        "The publisher has granted permission",
        "attributed to the authors",
        "see the article",
        "https://creativecommons.org/licenses/sampling/1.0/",
    ],
)
def test_what_is_not_recognised_is_unknown_and_never_guessed(named: str) -> None:
    assert licence_of(named).id == UNKNOWN
    assert licence_of(named).use is Use.UNKNOWN


@given(st.sampled_from(["by", "by-sa", "by-nc", "by-nc-sa"]), st.sampled_from(["3.0", "4.0"]))
def test_id_name_and_address_of_a_licence_mean_the_same(terms: str, version: str) -> None:
    address = f"https://creativecommons.org/licenses/{terms}/{version}/"
    known = licence_of(f"CC-{terms.upper()}-{version}")
    assert licence_of(address) == licence_of(f"cc {terms} {version}") == known
    assert known.url == address
    assert licence_of(known.id) == known
    assert is_hub_id(known.id)


def test_only_ids_of_the_hub_are_its_ids() -> None:
    assert is_hub_id("cc-by-4.0")
    assert is_hub_id("other")
    assert not is_hub_id("cc-by")
    assert not is_hub_id("all-rights-reserved")


@pytest.mark.parametrize(
    "named",
    [
        "http://arxiv.org/licenses/nonexclusive-distrib/1.0/",
        "Public domain",
        "All rights reserved",
        "CC BY-NC-SA 4.0",
        "CC0",
        "MIT",
        "",
    ],
)
def test_an_id_is_recognised_as_its_own_licence(named: str) -> None:
    known = licence_of(named)
    assert licence_of(known.id) == known
