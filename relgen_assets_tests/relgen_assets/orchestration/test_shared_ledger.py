"""Two projects with batches of the same names and one PostgreSQL: only answers are shared."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from relgen_assets.definitions import build_resources
from relgen_assets.orchestration.assets.exclusive import lease_title
from relgen_assets.orchestration.runs import run_batch
from relgen_assets_tests.fakes.llama_server import FakeLlamaServer
from relgen_assets_tests.postgres import PASSWORD_VARIABLE, PostgresServer, postgres_server
from relgen_assets_tests.projects import SmallProject, articles, asked, small_project
from resources.errors import LedgerError
from resources.generation_ledger.ledger import GenerationLedger

__all__ = ["postgres_server"]

KEY = "papers-00000"
LEASED = "raw_extractions"


@pytest.fixture(scope="module")
def server() -> Iterator[FakeLlamaServer]:
    with FakeLlamaServer(slots=3) as running:
        yield running


@pytest.fixture(scope="module")
def both(
    tmp_path_factory: pytest.TempPathFactory,
    server: FakeLlamaServer,
    postgres_server: PostgresServer,
) -> Iterator[tuple[SmallProject, SmallProject]]:
    """Two projects of the same articles and one ledger; the first has made its only batch."""
    database = postgres_server.create_database()
    ledger = {"url": postgres_server.url(database), "password_env": PASSWORD_VARIABLE}
    with pytest.MonkeyPatch.context() as patch, ExitStack() as opened:
        patch.setenv(PASSWORD_VARIABLE, postgres_server.password)
        one, other = (
            opened.enter_context(
                small_project(
                    tmp_path_factory.mktemp(name), [server], articles(1, sentences=4), ledger=ledger
                )
            )
            for name in ("one", "other")
        )
        run_batch(one.definitions, one.instance, KEY)
        yield one, other
    postgres_server.release_database(database)


def ledger_of(small: SmallProject) -> GenerationLedger:
    """The ledger as another process of a person in this project opens it."""
    return build_resources(small.project.settings).generation_ledger


def test_a_project_does_not_wait_for_another_and_is_given_its_answers(
    both: tuple[SmallProject, SmallProject], server: FakeLlamaServer
) -> None:
    one, other = both
    before = len(asked(server))
    # Held as by a run of the first project that hangs: a run that waited would never end.
    with ledger_of(one).lease(lease_title(LEASED, KEY)):
        run_batch(other.definitions, other.instance, KEY)
    assert len(asked(server)) == before > 0
    kept = [each.tables.read("raw_extractions", KEY, ("text",)) for each in both]
    assert kept[0] == kept[1]


def test_two_people_in_one_project_do_not_work_on_a_batch_at_once(
    both: tuple[SmallProject, SmallProject],
) -> None:
    one, _ = both
    with (
        ledger_of(one).lease(lease_title(LEASED, KEY)),
        pytest.raises(LedgerError),
        ledger_of(one).lease(lease_title(LEASED, KEY), wait_seconds=0),
    ):
        pass


def test_further_attempts_are_granted_to_one_project(
    both: tuple[SmallProject, SmallProject],
) -> None:
    mine, yours = map(ledger_of, both)
    mine.grant_attempts("extraction", ["paper-0/0"], 3)
    assert mine.granted_attempts("extraction", ["paper-0/0"]) == {"paper-0/0": 3}
    assert yours.granted_attempts("extraction", ["paper-0/0"]) == {}
