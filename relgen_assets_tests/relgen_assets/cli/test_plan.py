"""`relgen plan` as a person meets it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from relgen_assets.cli.exit_codes import ExitCode
from relgen_assets.cli.plan import shown_time
from relgen_assets_tests.fakes.llama_server import FakeLlamaServer
from relgen_assets_tests.relgen_assets.cli.conftest import Relgen
from relgen_assets_tests.resources.generation_ledger.samples import a_request, an_answer
from resources.generation_ledger.ledger import GenerationLedger

PREDECESSOR = Path(__file__).parents[3] / "docs" / "predecessor.toml"
DOCUMENT = PREDECESSOR.with_name("plan-predecessor.md")
TWO_SERVERS = """
[pool]
model = "mistral-7b-instruct-q4"
[[pool.endpoints]]
name = "gpu-1"
url = "http://127.0.0.1:1"
slots = 2
watts = 100
decode_rate = 20
[[pool.endpoints]]
name = "board"
url = "http://127.0.0.1:2"
kind = "arm"
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "relgen.toml").write_text(TWO_SERVERS + "decode_rate = 2\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_million_articles_are_planned_without_asking_a_server(
    folder: Path, relgen: Relgen
) -> None:
    status, out, _ = relgen("plan", "--articles", "1000000")
    assert status == 0
    assert "1,000,000 articles of sample" in out
    assert re.search(r"summary +1,000,000 ", out)
    for expected in ("gpu-1", "board", "configured", "kWh while busy", "one more gpu", "assumed"):
        assert expected in out
    assert re.search(r"time +[\d,.]+ d, batch after batch", out)


def test_an_unknown_speed_is_assumed_and_the_plan_says_so(folder: Path, relgen: Relgen) -> None:
    (folder / "relgen.toml").write_text(TWO_SERVERS, encoding="utf-8")
    status, out, _ = relgen("plan")
    assert status == 0
    assert re.search(r"board .* 2.3 +assumed", out)
    assert "speed assumed: default for kind arm" in out
    assert "Assumed: speed of board; slots of board; answer tokens of summary, extraction." in out
    assert "relgen plan --ask" in out
    assert "set decode_rate and slots" in out


def test_a_server_that_was_asked_in_vain_is_assumed_with_its_fault(
    folder: Path, relgen: Relgen
) -> None:
    (folder / "relgen.toml").write_text(TWO_SERVERS, encoding="utf-8")
    status, out, _ = relgen("plan", "--ask")
    assert status == 0
    assert out.count("does not answer: ") == 2
    assert "relgen plan --ask" not in out  # that was just done


def test_a_missing_settings_file_is_an_error(folder: Path, relgen: Relgen) -> None:
    status, _, err = relgen("plan", "--settings", "nothing.toml")
    assert status == ExitCode.USAGE
    assert "nothing.toml" in err


def test_what_the_ledger_knows_takes_the_place_of_assumptions(folder: Path, relgen: Relgen) -> None:
    ledger = GenerationLedger(url=f"sqlite:///{folder}/.relgen/ledger.db")
    answers = []
    for number in range(30):
        request = a_request(number)
        length = 40 + number
        answer = an_answer(request, completion_tokens=length, seconds=4.0 + length / 5)
        answers.append((request, answer))
    ledger.record(answers)
    ledger.close()
    status, out, _ = relgen("plan", "--articles", "100")
    assert status == 0
    assert re.search(r"gpu-1 .*learned", out)
    assert re.search(r"board .*configured", out)
    assert re.search(r"extraction .*5\d +ledger", out)
    assert re.search(r"summary .*assumed", out)


def test_running_servers_can_be_asked(folder: Path, relgen: Relgen) -> None:
    with FakeLlamaServer(slots=3) as server:
        (folder / "relgen.toml").write_text(
            f'[[pool.endpoints]]\nname = "gpu-1"\nurl = "{server.url}"\n', encoding="utf-8"
        )
        status, out, err = relgen("plan", "--ask")
    assert status == 0, err
    assert re.search(r"gpu-1 +3 .*measured", out)


def test_the_documented_fleet_can_be_planned(folder: Path, relgen: Relgen) -> None:
    status, out, _ = relgen("plan", "--settings", str(PREDECESSOR), "--articles", "6364")
    assert status == 0
    assert out.count("rtx3090-") == 4
    assert out.count("orange-pi-") == 5
    calls = re.search(r"extraction +([\d,]+) ", out)
    assert calls is not None
    assert f"6,364 articles make {calls[1]} extractions" in " ".join(DOCUMENT.read_text().split())


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(0, "0 s"), (119, "119 s"), (150, "2.5 min"), (7_200, "2.0 h"), (1.2e6, "13.9 d")],
)
def test_times_are_shown_in_a_unit_that_suits_them(seconds: float, shown: str) -> None:
    assert shown_time(seconds) == shown
