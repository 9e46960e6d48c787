"""Wrong command lines: errors in the words and with the status of all other wrong settings."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from relgen_assets.cli.app import app
from relgen_assets.cli.exit_codes import ExitCode
from relgen_assets.domain_errors import ConfigurationError
from relgen_assets_tests.relgen_assets.cli.conftest import Relgen


@pytest.mark.parametrize(
    ("arguments", "where", "what"),
    [
        (["status", "--foo"], "relgen status", "No such option: --foo"),
        (["nothing"], "relgen", "No such command 'nothing'"),
        (["plan", "--articles", "0"], "relgen plan", "--articles"),
        (["ledger", "show"], "relgen ledger show", "Missing argument"),
        (["run", "--batches"], "relgen", "'--batches' requires an argument"),
        (["statu"], "relgen", "Did you mean 'status'?"),
    ],
)
def test_a_wrong_command_line_is_an_error_like_all_others(
    arguments: list[str], where: str, what: str
) -> None:
    result = CliRunner().invoke(app, arguments, prog_name="relgen")
    error = result.exception
    assert isinstance(error, ConfigurationError)
    assert error.where == where
    assert what in error.what
    assert error.remedy == f"See `{where} --help`."


def test_without_a_command_the_help_is_shown() -> None:
    result = CliRunner().invoke(app, [], prog_name="relgen")
    assert result.exit_code == ExitCode.USAGE
    assert "endpoints" in result.output


def test_it_is_printed_in_one_line_without_a_frame(relgen: Relgen) -> None:
    status, out, error = relgen("status", "--foo")
    assert status == ExitCode.USAGE
    assert out == ""
    assert error == "Error relgen status: No such option: --foo. See `relgen status --help`.\n"
