"""A release is published only if every row of it may be, under what the project allows now."""

from __future__ import annotations

from pathlib import Path

import pytest

from relgen_assets.domain_errors import DatasetError
from relgen_assets.release.manifest import read_manifest
from relgen_assets.release.permission import forbidden_rows, require_permission
from relgen_assets.rights.model_terms import ModelTerms
from relgen_assets.rights.publishing import Policy
from relgen_assets_tests.relgen_assets.release.folders import UNKNOWN, articles_of, dataset, release

TERMS = (("", ModelTerms("any", "free", "tests")),)
ALLOWED = Policy(own_terms=TERMS)


@pytest.fixture(scope="module")
def every_row(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A release of every row: six articles of two chunks, one article without a licence."""
    root = tmp_path_factory.mktemp("every-row")
    rows = dataset(root / "dataset", ["b-0"], unknown=articles_of("b-0")[:1])
    release(rows, root / "release", every_row=True)
    return root / "release"


def test_rows_without_a_licence_are_counted_by_reason(every_row: Path) -> None:
    manifest = read_manifest(every_row)
    assert forbidden_rows(every_row, manifest, ALLOWED) == {UNKNOWN: 2}
    with pytest.raises(DatasetError, match=r"2 of its 12 rows.*unknown \(2\).*publish_unknown"):
        require_permission(every_row, manifest, ALLOWED)


def test_the_setting_lets_them_out(every_row: Path) -> None:
    unknown_too = Policy(unknown=True, own_terms=TERMS)
    require_permission(every_row, read_manifest(every_row), unknown_too)


def test_what_terms_forbid_no_setting_lets_out(every_row: Path) -> None:
    restricted = ModelTerms("any", "restricted", "Terms", "no training")
    policy = Policy(unknown=True, own_terms=(("", restricted),))
    with pytest.raises(DatasetError, match=r"12 of its 12 rows.*Terms: no training \(12\)"):
        require_permission(every_row, read_manifest(every_row), policy)


def test_a_release_from_when_more_was_allowed_is_judged_anew(tmp_path: Path) -> None:
    rows = dataset(tmp_path / "dataset", ["b-0"])
    manifest = release(rows, tmp_path / "release")
    require_permission(tmp_path / "release", manifest, ALLOWED)
    with pytest.raises(DatasetError, match="terms of the model are unknown"):
        require_permission(tmp_path / "release", manifest, Policy())
