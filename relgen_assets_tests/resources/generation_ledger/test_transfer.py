"""Export and import: the backup, and the way from SQLite to PostgreSQL."""

from __future__ import annotations

import json
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from sqlalchemy import select

from relgen_assets_tests.resources.generation_ledger.conftest import Place
from relgen_assets_tests.resources.generation_ledger.samples import (
    MODEL,
    a_failure,
    a_request,
    an_answer,
    pairs,
)
from resources import storage
from resources.errors import LedgerError, StorageError
from resources.generation_ledger import transfer
from resources.generation_ledger.keys import generation_key
from resources.generation_ledger.ledger import GenerationLedger
from resources.generation_ledger.schema import LedgerTable
from resources.generation_ledger.upgrade import VERSIONS
from resources.generation_ledger.verdicts_and_grants import RecordedVerdict


def everything(ledger: GenerationLedger) -> dict[str, list[tuple[Any, ...]]]:
    """Return every row of every table."""
    found: dict[str, list[tuple[Any, ...]]] = {}
    for table in LedgerTable.metadata.sorted_tables:
        statement = select(table).order_by(*table.primary_key.columns)
        found[table.name] = ledger.database.read(
            lambda c, statement=statement: [tuple(row) for row in c.execute(statement)]  # type: ignore[misc]
        )
    return found


def fill(ledger: GenerationLedger) -> None:
    ledger.record(pairs(1, 2))
    odd = a_request(3, json_schema=None, messages=({"role": "user", "content": "\0 \ud800 ∑"},))
    ledger.record([(odd, an_answer(odd, text="a\0\ud800∑", reasoning="hm\0∑", cut_off="</s>"))])
    failed = a_request(4)
    ledger.record_failure(failed, a_failure(failed), MODEL)
    ledger.record(pairs(4))
    ledger.record_failure(a_request(5), a_failure(a_request(5)), MODEL)
    key = generation_key(a_request(1), MODEL)
    ledger.record_verdicts([RecordedVerdict(key, "rules-1", "repaired", None, ("x",))])
    ledger.grant_attempts("extraction", ["a"], 3)


def test_an_import_gives_the_same_ledger(
    place: Place, other: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transfer, "ROWS_PER_FILE", 2)
    source, target = place.open(), other.open()
    fill(source)
    exported = source.export(f"{tmp_path}/backup")
    assert exported.rows == {"ledger_generations": 6, "ledger_verdicts": 1, "ledger_grants": 1}
    imported = target.import_from(f"{tmp_path}/backup")
    assert (dict(imported.rows), imported.new) == (dict(exported.rows), 6)
    assert everything(target) == everything(source)
    assert target.lookup([a_request(1)], MODEL) == source.lookup([a_request(1)], MODEL)

    assert target.import_from(f"{tmp_path}/backup").new == 0, "twice changes nothing"
    assert everything(target) == everything(source)


def test_an_export_of_an_older_version_is_imported(
    place: Place, other: Place, tmp_path: Path
) -> None:
    """Version 0003 knew neither thoughts nor what was cut off."""
    place.open().record(pairs(1))
    place.open().export(f"{tmp_path}/backup")
    (file,) = (tmp_path / "backup").glob("ledger_generations-*.parquet")
    pq.write_table(pq.read_table(file).drop_columns(["reasoning", "cut_off"]), file)
    manifest = tmp_path / "backup" / "manifest.json"
    manifest.write_text(manifest.read_text().replace('"0004"', '"0003"'))
    assert other.open().import_from(f"{tmp_path}/backup").new == 1
    (found,) = other.open().lookup([a_request(1)], MODEL).values()
    assert (found.reasoning, found.cut_off) == ("", "")


def test_an_export_can_lie_on_any_filesystem(ledger: GenerationLedger, tmp_path: Path) -> None:
    fill(ledger)
    ledger.export("memory://ledger-export")
    fresh = Place(f"sqlite:///{tmp_path}/fresh.db", None)
    fresh.open().import_from("memory://ledger-export")
    assert everything(fresh.open()) == everything(ledger)
    fresh.close()


def test_an_export_can_be_read_without_this_project(sqlite_place: Place, tmp_path: Path) -> None:
    ledger = sqlite_place.open()
    ledger.record(pairs(1))
    ledger.export(str(tmp_path / "backup"))
    (file,) = (tmp_path / "backup").glob("ledger_generations-*.parquet")
    (row,) = pq.read_table(file).to_pylist()
    assert json.loads(row["messages"])[0]["content"] == "Extract entities and relations."
    assert json.loads(row["answer"]) == '{"n": 1}'


def test_an_empty_ledger_can_be_exported(ledger: GenerationLedger, tmp_path: Path) -> None:
    ledger.export(str(tmp_path / "backup"))
    assert ledger.import_from(str(tmp_path / "backup")).new == 0


def test_a_new_export_replaces_the_earlier_one(sqlite_place: Place, tmp_path: Path) -> None:
    ledger, folder = sqlite_place.open(), tmp_path / "backup"
    ledger.record(pairs(1))
    ledger.export(str(folder))
    first = set(folder.iterdir())
    ledger.record(pairs(2))
    ledger.export(str(folder))
    assert set(folder.iterdir()) & first == {folder / transfer.MANIFEST}
    assert ledger.import_from(str(folder)).rows["ledger_generations"] == 2


def test_an_interrupted_export_leaves_the_earlier_one_valid(
    sqlite_place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger, folder = sqlite_place.open(), tmp_path / "backup"
    ledger.record(pairs(1))
    ledger.export(str(folder))
    ledger.record(pairs(2))
    write = storage.write_atomic

    def interrupted(url: str, data: bytes) -> None:
        if url.endswith(transfer.MANIFEST):
            raise KeyboardInterrupt
        write(url, data)

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(storage, "write_atomic", interrupted)
        ledger.export(str(folder))
    fresh = Place(f"sqlite:///{tmp_path}/fresh.db", None)
    assert fresh.open().import_from(str(folder)).new == 1
    fresh.close()


def test_two_exports_at_once_do_not_remove_each_other(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = str(tmp_path / "backup")
    place.open().record(pairs(1))
    second = threading.Thread(target=place.open().export, args=(folder,))
    write = storage.write_atomic

    def second_comes_before_the_manifest(url: str, data: bytes) -> None:
        if url.endswith(transfer.MANIFEST) and second.ident is None:
            second.start()
            second.join(1.0)
        write(url, data)

    monkeypatch.setattr(storage, "write_atomic", second_comes_before_the_manifest)
    place.open().export(folder)
    second.join(60)
    fresh = Place(f"sqlite:///{tmp_path}/fresh.db", None)
    assert fresh.open().import_from(folder).new == 1
    fresh.close()


def test_merging_keeps_what_counts_here_and_loses_nothing(
    place: Place, other: Place, tmp_path: Path
) -> None:
    """Both answered 1; only they answered 2, which failed here; only we answered 3."""
    ours, theirs = place.open(), other.open()
    request = a_request(1)
    ours.record([(request, an_answer(request, text="ours"))])
    ours.record_failure(a_request(2), a_failure(a_request(2)), MODEL)
    ours.record(pairs(3))
    theirs.record([(request, an_answer(request, text="theirs"))])
    theirs.record(pairs(2))
    theirs.record_failure(a_request(3), a_failure(a_request(3)), MODEL)

    theirs.export(f"{tmp_path}/theirs")
    assert ours.import_from(f"{tmp_path}/theirs").new == 4  # three rows, and one of ours outdated

    found = ours.lookup([a_request(number) for number in (1, 2, 3)], MODEL)
    assert [found[a_request(number).subject].text for number in (1, 2, 3)] == [
        "ours",
        '{"n": 2}',
        '{"n": 3}',
    ]
    kept = {e.outcome.text for e in ours.entries(superseded=True) if hasattr(e.outcome, "text")}
    assert kept == {"ours", "theirs", '{"n": 2}', '{"n": 3}'}
    assert len(list(ours.entries(superseded=True))) == 6


def test_a_mirror_follows_what_was_superseded(place: Place, other: Place, tmp_path: Path) -> None:
    source, mirror = place.open(), other.open()
    request = a_request(1)
    source.record([(request, an_answer(request, text="old"))])
    source.export(f"{tmp_path}/backup")
    mirror.import_from(f"{tmp_path}/backup")

    renewing = place.open(renew_before=datetime.now(UTC).isoformat())
    renewing.record([(request, an_answer(request, text="new"))])
    source.export(f"{tmp_path}/backup")
    mirror.import_from(f"{tmp_path}/backup")
    assert everything(mirror) == everything(source)
    assert mirror.lookup([request], MODEL)[request.subject].text == "new"


def test_ledgers_that_exchange_exports_again_and_again_lose_no_answer(
    place: Place, other: Place, tmp_path: Path
) -> None:
    """Both answered the same; each keeps its own answer, and the other's as superseded."""
    request = a_request(1)
    ledgers = {"north": place.open(), "south": other.open()}
    for name, ledger in ledgers.items():
        ledger.record([(request, an_answer(request, text=name))])
    for _ in range(3):
        for name, ledger in ledgers.items():
            ledger.export(f"{tmp_path}/{name}")
        ledgers["north"].import_from(f"{tmp_path}/south")
        ledgers["south"].import_from(f"{tmp_path}/north")
        for name, ledger in ledgers.items():
            assert ledger.lookup([request], MODEL)[request.subject].text == name
            assert len(list(ledger.entries(superseded=True))) == 2


def test_an_interrupted_import_loses_no_answer(
    place: Place, other: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The superseding answer comes in a later file than the answer that is known here."""
    monkeypatch.setattr(transfer, "ROWS_PER_FILE", 1)
    source, mirror, request = place.open(), other.open(), a_request(1)
    source.record([(request, an_answer(request, text="old"))])
    source.export(f"{tmp_path}/backup")
    mirror.import_from(f"{tmp_path}/backup")
    renewing = place.open(renew_before=datetime.now(UTC).isoformat())
    renewing.record([(request, an_answer(request, text="new"))])
    source.export(f"{tmp_path}/backup")
    (last,) = (tmp_path / "backup").glob("ledger_generations-*-00001.parquet")
    kept = last.rename(tmp_path / "kept")

    with pytest.raises(StorageError, match="no such file"):
        mirror.import_from(f"{tmp_path}/backup")
    assert mirror.lookup([request], MODEL)[request.subject].text == "old"
    kept.rename(last)
    mirror.import_from(f"{tmp_path}/backup")
    assert mirror.lookup([request], MODEL)[request.subject].text == "new"
    assert everything(mirror) == everything(source)


def test_a_folder_without_an_export_is_a_clear_error(ledger: GenerationLedger) -> None:
    with pytest.raises(LedgerError, match="does not contain a complete export"):
        ledger.import_from("memory://nothing-here")


@pytest.mark.parametrize(
    ("damage", "fault"),
    [
        ("file", "a file of the export is damaged"),
        ("rows", "its manifest names 5"),
        ("manifest", "manifest cannot be read"),
        ("newer", f"schema version 9999; this code knows {VERSIONS[-1]} at most"),
    ],
)
def test_a_damaged_export_is_a_clear_error(
    sqlite_place: Place, tmp_path: Path, damage: str, fault: str
) -> None:
    ledger, folder = sqlite_place.open(), tmp_path / "backup"
    ledger.record(pairs(1))
    ledger.export(str(folder))
    manifest = json.loads((folder / transfer.MANIFEST).read_text())
    if damage == "file":
        (file,) = folder.glob("ledger_generations-*.parquet")
        file.write_bytes(file.read_bytes()[:-100])
    elif damage == "rows":
        manifest["tables"]["ledger_generations"]["rows"] = 5
    elif damage == "newer":
        manifest["schema_version"] = "9999"
    text = "{" if damage == "manifest" else json.dumps(manifest)
    (folder / transfer.MANIFEST).write_text(text)
    with pytest.raises(LedgerError, match=fault):
        ledger.import_from(str(folder))
    assert len(list(ledger.entries())) == 1
