"""The id of a project: made once, the same for all who share its tables, and kept in the ledger."""

from __future__ import annotations

from pathlib import Path

import pytest

from relgen_assets.definitions import build_resources
from relgen_assets.domain_errors import ConfigurationError
from relgen_assets.orchestration.project_id import project_id
from relgen_assets.settings import load_settings
from resources.errors import LedgerError


def test_an_id_is_made_once_and_moves_with_the_tables(tmp_path: Path) -> None:
    first = project_id(str(tmp_path / "data"))
    assert project_id(str(tmp_path / "data")) == first
    (tmp_path / "data").rename(tmp_path / "moved")
    assert project_id(str(tmp_path / "moved")) == first
    assert project_id(str(tmp_path / "data")) != first


def test_a_damaged_id_says_what_to_do(tmp_path: Path) -> None:
    project_id(str(tmp_path))
    (tmp_path / "project.json").write_text("{}", encoding="utf-8")
    with pytest.raises(ConfigurationError, match="Remove it"):
        project_id(str(tmp_path))


def test_two_projects_with_one_ledger_have_leases_and_grants_of_their_own(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/ledger.db"
    one, again, other = (
        build_resources(
            load_settings(
                tmp_path, {"ledger": {"url": url}, "storage": {"data": str(tmp_path / name)}}
            )
        ).generation_ledger
        for name in ("one", "one", "other")
    )
    with (
        one.lease("summaries/papers-00000"),
        other.lease("summaries/papers-00000"),
        pytest.raises(LedgerError),
        again.lease("summaries/papers-00000", wait_seconds=0),
    ):
        pass
    one.grant_attempts("summary", ["paper-0"], 3)
    assert again.granted_attempts("summary", ["paper-0"]) == {"paper-0": 3}
    assert other.granted_attempts("summary", ["paper-0"]) == {}
    for ledger in (one, again, other):
        ledger.close()


def test_grants_of_earlier_versions_count_in_every_project(tmp_path: Path) -> None:
    settings = load_settings(tmp_path)
    everyone = build_resources(settings, scope="").generation_ledger
    own = build_resources(settings).generation_ledger
    everyone.grant_attempts("summary", ["paper-0"], 2)
    own.grant_attempts("summary", ["paper-0", "paper-1"], 4)
    assert own.granted_attempts("summary", ["paper-0"]) == {"paper-0": 4}
    assert everyone.granted_attempts("summary", ["paper-0", "paper-1"]) == {
        "paper-0": 4,
        "paper-1": 4,
    }
    everyone.close()
    own.close()
