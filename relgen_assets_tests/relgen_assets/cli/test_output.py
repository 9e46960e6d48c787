"""What commands print, on terminals of 80 and 60 columns, on a pipe, and with `--json`.

The project has a long name, an endpoint that does not answer, and a batch that is unfinished.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pexpect
import pyte
import pytest
from typer.testing import CliRunner

from relgen_assets.cli.app import app
from relgen_assets.cli.documents import (
    CheckDocument,
    EndpointsDocument,
    LedgerDocument,
    PlanDocument,
    RunDocument,
    StatusDocument,
)
from relgen_assets.cli.exit_codes import ExitCode
from relgen_assets.cli.opening import open_project
from relgen_assets.orchestration.renewed_card import renew_card
from relgen_assets_tests.fakes.llama_server import FakeLlamaServer
from relgen_assets_tests.projects import articles, stubborn_about, write_project
from relgen_assets_tests.repository.tree import ROOT
from resources.generation_ledger.ledger import GenerationLedger

NAME = "a-long-name-of-a-collection-of-articles-from-2024-11"
WHOLE, UNFINISHED = f"{NAME}-00000", f"{NAME}-00001"
MODEL = "Mistral-7B-Instruct-v0.3-Q4_K_M-with-a-name-that-is-longer-than-a-line-of-a-terminal"
BOARD = """
[[pool.endpoints]]
name = "board-0"
url = "http://127.0.0.1:9"
kind = "arm"
"""
WIDTHS = (60, 80)
RELGEN = [sys.executable, "-c", "from relgen_assets.cli import main; main()"]


@dataclass(frozen=True)
class Printed:
    """What a command printed, and its exit status."""

    status: int
    out: str
    err: str

    @property
    def words(self) -> str:
        """The output without line breaks and indentation: what can be read of it."""
        return " ".join(self.out.split())

    @property
    def letters(self) -> str:
        """The output without any space: words that are longer than a line are in it, too."""
        return "".join(self.out.split())


@dataclass(frozen=True)
class Place:
    """A project folder to call `relgen` in."""

    folder: Path
    run: RunDocument

    def call(self, *arguments: str, width: int | None = None) -> Printed:
        """Call `relgen` on a pipe, or on a terminal with a number of columns."""
        result = CliRunner().invoke(
            app,
            list(arguments),
            env={"FORCE_COLOR": "1" if width else None, "COLUMNS": str(width) if width else None},
        )
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        out = screen(result.stdout, width) if width else result.stdout
        return Printed(result.exit_code, out, result.stderr)


def screen(output: str, width: int) -> str:
    """Return what a terminal of this width shows, in full length."""
    shown = pyte.Screen(width, 400)
    pyte.Stream(shown).feed(output.replace("\n", "\r\n"))
    return "\n".join(line.rstrip() for line in shown.display).rstrip()


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    folder = tmp_path_factory.mktemp("project")
    answer = stubborn_about("Observation 0.3", seeds=9)
    with (
        pytest.MonkeyPatch.context() as patch,
        FakeLlamaServer(slots=3, model=MODEL, answer=answer) as server,
    ):
        write_project(
            folder,
            articles(2),
            server,
            # One split: it has files left when one of the batches loses its own.
            sections="[batches]\nsize = 1\n[dataset]\nvalidation_percent = 0\ntest_percent = 0",
            endpoint="watts = 350",
        )
        settings = folder / "relgen.toml"
        text = settings.read_text().replace("[source]", f'[source]\nname = "{NAME}"')
        settings.write_text(text)
        patch.chdir(folder)
        patch.setenv("DAGSTER_HOME", str(folder))
        shutil.copy(ROOT / "dagster.yaml", folder)
        result = CliRunner().invoke(app, ["run", "--json"])
        assert result.exit_code == 0, result.stderr
        for asset in ("summaries", "validated_extractions"):
            (folder / "data" / asset / f"{UNFINISHED}.parquet").unlink()
        for shard in (folder / "dataset").rglob(f"{UNFINISHED}.parquet"):
            shard.unlink()
        settings.write_text(text + BOARD)
        renew_card(open_project())
        yield Place(folder, RunDocument.model_validate_json(result.stdout))


@pytest.fixture(autouse=True)
def _in_the_project(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(place.folder)
    monkeypatch.setenv("DAGSTER_HOME", str(place.folder))
    monkeypatch.setenv("PYTHONPATH", str(ROOT))  # for processes of their own


def test_a_run_ends_with_one_document(place: Place) -> None:
    assert place.run.batches == [WHOLE, UNFINISHED]
    assert place.run.failed == []
    assert place.run.counts.articles == 2
    assert place.run.counts.reasons == {"not_json": place.run.counts.rejected}
    assert place.run.kwh is not None


def test_a_failed_run_ends_with_a_document_as_well(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RELGEN_SUMMARIES__MAX_TOKENS", "31")  # no answer is known
    monkeypatch.setenv("RELGEN_POOL__OUTAGE_TIMEOUT_SECONDS", "0.1")
    monkeypatch.setenv(
        "RELGEN_POOL__ENDPOINTS", json.dumps([{"name": "gone", "url": "http://127.0.0.1:9"}])
    )
    runner = CliRunner().invoke(app, ["run", "--json", "--batches", WHOLE])
    found = RunDocument.model_validate_json(runner.stdout)
    (failed,) = found.failed
    assert failed.batch == WHOLE
    assert "gone" in failed.fault.what
    assert runner.exit_code != 0


@pytest.mark.parametrize("width", [*WIDTHS, None])
def test_status_shows_whole_keys_and_every_reason(place: Place, width: int | None) -> None:
    found = place.call("status", width=width)
    rejected = place.run.counts.rejected
    assert found.status == ExitCode.DONE
    assert WHOLE in found.words and UNFINISHED in found.words
    assert "rejected: not_json" in found.words
    assert rejected > 0
    assert found.out.endswith("2 of 2 batches of 2 articles begun" + ("" if width else "\n"))


def test_status_as_a_document(place: Place) -> None:
    found = StatusDocument.model_validate_json(place.call("status", "--json").out)
    assert [one.batch for one in found.batches] == [WHOLE, UNFINISHED]
    assert found.batches[0].counts.chunks > found.batches[1].counts.valid == 0
    assert found.unreadable == []


def test_a_damaged_batch_hides_no_other_in_status(place: Place) -> None:
    table = place.folder / "data" / "chunks" / f"{UNFINISHED}.parquet"
    kept = table.read_bytes()
    table.write_bytes(b"nonsense")
    try:
        shown, document = place.call("status"), place.call("status", "--json")
    finally:
        table.write_bytes(kept)
    assert shown.status == document.status == ExitCode.FAILED
    assert WHOLE in shown.out
    assert "the parquet file is damaged" in shown.out
    found = StatusDocument.model_validate_json(document.out)
    assert [one.batch for one in found.batches] == [WHOLE]
    assert [one.batch for one in found.unreadable] == [UNFINISHED]


@pytest.mark.parametrize("width", [*WIDTHS, None])
def test_endpoints_show_the_whole_fault_and_the_whole_model(
    place: Place, width: int | None
) -> None:
    found = place.call("endpoints", width=width)
    assert found.status == ExitCode.DONE
    assert MODEL in found.letters
    assert "fault: refused: the connection was refused" in found.words
    assert "http://127.0.0.1:9" in found.words
    assert len(found.out.splitlines()) <= 14
    assert "1 of 2 endpoints answer" in found.words


def test_endpoints_as_a_document(place: Place) -> None:
    found = EndpointsDocument.model_validate_json(place.call("endpoints", "--json").out)
    gpu, board = found.endpoints
    assert (found.answering, gpu.answers, board.answers) == (1, True, False)
    assert gpu.model == MODEL
    assert board.fault is not None
    assert (board.answered, board.usable_share) == (0, None)


@pytest.mark.parametrize("width", [*WIDTHS, None])
def test_a_plan_says_what_is_assumed_and_how_to_replace_it(place: Place, width: int | None) -> None:
    found = place.call("plan", width=width)
    assert found.status == ExitCode.DONE
    assert "speed assumed: default for kind arm" in found.words
    assert "Assumed: speed of board-0; slots of " in found.words
    assert "`relgen plan --ask`" in found.words


def test_a_plan_as_a_document_marks_what_is_assumed(place: Place) -> None:
    found = PlanDocument.model_validate_json(place.call("plan", "--json").out)
    gpu, board = found.servers
    assert (gpu.speed_origin, gpu.assumed_from) == ("learned", None)
    assert (board.speed_origin, board.assumed_from) == ("assumed", "default for kind arm")
    assert board.slots_assumed
    assert found.calls == sum(stage.calls for stage in found.stages) > 0


def test_check_lists_apart_what_could_not_be_checked(place: Place) -> None:
    found = place.call("check", width=60)
    assert found.status == ExitCode.NOT_CHECKED
    assert f"({UNFINISHED})" in found.letters
    assert (
        "this batch is unfinished: summaries, validated_extractions, hf_dataset are not written"
        in found.words
    )
    assert f"Finishitwith`relgenrun--batches{UNFINISHED}`" in found.letters
    assert found.words.endswith("0 failed, 19 not checked")


def test_check_as_a_document(place: Place) -> None:
    printed = place.call("check", "--json")
    found = CheckDocument.model_validate_json(printed.out)
    assert printed.status == ExitCode.NOT_CHECKED
    assert {one.batch for one in found.checks} == {WHOLE, UNFINISHED, None}
    assert (found.failed, found.not_checked) == (0, 19)
    assert found.passed + found.warnings == len(found.checks)
    (late,) = found.unchecked
    assert late.batch == UNFINISHED
    assert late.missing_assets == ["summaries", "validated_extractions", "hf_dataset"]


@pytest.mark.parametrize("width", [*WIDTHS, None])
def test_the_ledger_shows_a_call_whole(place: Place, width: int | None) -> None:
    ledger = GenerationLedger(url=f"sqlite:///{place.folder}/.relgen/ledger.db")
    entry = next(one for one in ledger.entries() if one.task == "extraction")
    ledger.close()
    found = place.call("ledger", "show", entry.key, width=width)
    for message in entry.messages:
        assert " ".join(message["content"].split()) in found.words
    assert width or all(message["content"] in found.out for message in entry.messages)
    assert MODEL in found.letters


def test_figures_of_the_ledger_as_a_document(place: Place) -> None:
    found = LedgerDocument.model_validate_json(place.call("ledger", "stats", "--json").out)
    assert {one.task for one in found.calls} == {"summary", "extraction"}
    assert {one.reason for one in found.verdicts if one.verdict == "rejected"} == {"not_json"}


def test_the_command_on_a_real_terminal_cuts_nothing(place: Place) -> None:
    command = pexpect.spawn(
        RELGEN[0], [*RELGEN[1:], "endpoints"], dimensions=(24, 80), timeout=120, encoding="utf-8"
    )
    output = command.read()
    command.close()
    shown = screen(output.replace("\r\n", "\n"), 80)
    assert command.exitstatus == ExitCode.DONE
    assert MODEL in "".join(shown.split())
    assert "fault: refused: the connection was refused" in " ".join(shown.split())


def test_the_command_on_a_real_pipe_prints_one_document_and_nothing_else(place: Place) -> None:
    done = subprocess.run([*RELGEN, "status", "--json"], capture_output=True, text=True, check=True)
    assert len(StatusDocument.model_validate_json(done.stdout).batches) == 2
    assert done.stderr == ""
