"""The citation is valid CFF and BibTeX whatever the title, and the same for the same contents."""

from __future__ import annotations

import yaml
from hypothesis import given
from hypothesis import strategies as st

from relgen_assets.export.about import About
from relgen_assets.export.citation import bibtex, citation

TITLES = st.text(st.one_of(st.sampled_from('{}\\"`:#\n-'), st.characters(codec="utf-8")))


def test_it_names_curators_licence_and_contents() -> None:
    found = yaml.safe_load(citation(About("Brine", "cc-by-4.0", ["Ada L.", "The lake lab"]), "f00"))
    assert found["type"] == "dataset"
    assert found["authors"] == [{"name": "Ada L."}, {"name": "The lake lab"}]
    assert (found["license"], found["version"]) == ("CC-BY-4.0", "f00")


def test_a_licence_without_a_certain_spdx_id_is_left_out() -> None:
    assert "license" not in yaml.safe_load(citation(About("Brine", "other"), "f00"))
    assert "license" not in yaml.safe_load(citation(About("Brine", "cc-by"), "f00"))


@given(TITLES)
def test_no_title_breaks_it(title: str) -> None:
    about = About(title, "other", [title])
    assert yaml.safe_load(citation(about, "f00"))["title"] == " ".join(title.split())
    entry = bibtex(about, "f00")
    assert entry.count("{") == entry.count("}")
    assert len(entry.splitlines()) == 5
    assert "```" not in entry
