"""Settings: defaults that run, values from file and environment, errors that name the key."""

from __future__ import annotations

from pathlib import Path

import pytest

from relgen_assets.definitions import build_resources
from relgen_assets.domain_errors import ConfigurationError
from relgen_assets.settings import FilesSource, ScientificPapersSource, load_settings


def written(folder: Path, text: str) -> Path:
    (folder / "relgen.toml").write_text(text, encoding="utf-8")
    return folder


def test_without_a_file_the_bundled_articles_and_the_embedded_server_are_used(
    tmp_path: Path,
) -> None:
    settings = load_settings(tmp_path)
    assert settings.source.kind == "sample"
    assert settings.pool.endpoints == []
    assert (settings.chunking.tokens, settings.chunking.overlap) == (1_000, 200)


def test_values_come_from_the_file(tmp_path: Path) -> None:
    folder = written(
        tmp_path, '[source]\nkind = "files"\npath = "x.jsonl"\ncolumns = { article = "body" }\n'
    )
    source = load_settings(folder).source
    assert isinstance(source, FilesSource)
    assert source.columns.article == "body"
    assert source.columns.abstract == "abstract"


def test_environment_variables_win_over_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RELGEN_BATCHES__SIZE", "7")
    assert load_settings(written(tmp_path, "[batches]\nsize = 3\n")).batches.size == 7


def test_a_whole_source_can_come_from_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RELGEN_SOURCE__KIND", "scientific_papers")
    monkeypatch.setenv("RELGEN_SOURCE__CONFIG", "pubmed")
    source = load_settings(tmp_path).source
    assert isinstance(source, ScientificPapersSource)
    assert (source.name, source.articles) == ("pubmed", 10_000)


def test_endpoints_are_read_with_their_defaults(tmp_path: Path) -> None:
    folder = written(
        tmp_path, '[[pool.endpoints]]\nname = "gpu-0"\nurl = "http://h:8080/v1"\nkind = "arm"\n'
    )
    (endpoint,) = load_settings(folder).pool.endpoints
    assert (endpoint.url, endpoint.kind.value, endpoint.dialect.value) == (
        "http://h:8080",
        "arm",
        "auto",
    )


@pytest.mark.parametrize(
    ("text", "key", "expected"),
    [
        ("[chunking]\ntokenz = 3\n", "chunking.tokenz", "overlap, tokenizer, tokens"),
        ("unknown = 1\n", "unknown", "accepted here: batches, chunking"),
        ('[source]\nkind = "files"\npath = "x"\ncolumns = { foo = "a" }\n', "foo", "abstract"),
        ("[batches]\nsize = 0\n", "batches.size", "greater than or equal to 1 (given: 0)"),
        ('[batches]\nsize = "many"\n', "batches.size", "valid integer"),
        ('[source]\nkind = "nope"\n', "source", "'sample', 'scientific_papers', 'files'"),
        ('[source]\nkind = "files"\n', "source.files.path", "required"),
        ("[chunking]\ntokens = 100\noverlap = 60\n", "chunking", "at most half"),
        ("[extractions]\nattempts = 4\nmax_attempts = 3\n", "extractions", "at least attempts"),
        ("[summaries]\nvariant = 0\n", "summaries.variant", "greater than or equal to 1"),
        ("[ledger]\nrenew_before = 2999-01-01\n", "ledger.renew_before", "not lie in the future"),
        ('[extractions]\nmode = "fast"\n', "extractions.mode", "'candidates' or 'schema'"),
        (
            '[[pool.endpoints]]\nname = "a"\nurl = "localhost:1"\n',
            "pool.endpoints.0.url",
            "needs a scheme",
        ),
        (
            '[[pool.endpoints]]\nname = "a"\nurl = "http://h"\nslots = 0\n',
            "pool.endpoints.0.slots",
            "greater than or equal to 1",
        ),
        (
            '[[pool.endpoints]]\nname = "a"\nurl = "http://h"\ndialect = "tgi"\n',
            "pool.endpoints.0.dialect",
            "'llama_cpp'",
        ),
        (
            '[[pool.endpoints]]\nname = "a"\nurl = "http://h"\nwatt = 3\n',
            "pool.endpoints.0.watt",
            "watts",
        ),
    ],
)
def test_a_wrong_setting_is_an_error_with_its_key_and_what_is_accepted(
    tmp_path: Path, text: str, key: str, expected: str
) -> None:
    with pytest.raises(ConfigurationError) as caught:
        load_settings(written(tmp_path, text))
    assert key in str(caught.value)
    assert expected in str(caught.value)
    assert "relgen.toml" in str(caught.value)


def test_a_renewal_reaches_the_ledger_as_a_time_in_utc(tmp_path: Path) -> None:
    folder = written(tmp_path, "[ledger]\nrenew_before = 2026-01-02T03:04:05\n")
    ledger = build_resources(load_settings(folder)).generation_ledger
    assert ledger.renew_before == "2026-01-02T03:04:05.000000+00:00"


def test_an_unknown_environment_variable_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RELGEN_CHUNKS__TOKENS", "5")
    with pytest.raises(ConfigurationError, match=r"RELGEN_CHUNKS__TOKENS.*chunking"):
        load_settings(tmp_path)


def test_a_file_that_is_no_toml_is_an_error_with_its_line(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"relgen\.toml.*line 2"):
        load_settings(written(tmp_path, "[batches]\nsize = = 3\n"))


def test_secrets_are_names_of_variables_never_values(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GPU_KEY", "s3cret-value")
    folder = written(
        tmp_path, '[[pool.endpoints]]\nname = "a"\nurl = "http://h"\napi_key_env = "GPU_KEY"\n'
    )
    shown = load_settings(folder).model_dump_json()
    assert "GPU_KEY" in shown
    assert "s3cret-value" not in shown


@pytest.mark.parametrize(
    ("configured", "embedded", "mode"),
    [
        ("auto", True, "candidates"),
        ("auto", False, "schema"),
        ("schema", True, "schema"),
        ("candidates", False, "candidates"),
    ],
)
def test_decoding_is_restricted_to_candidates_for_the_embedded_model_or_on_demand(
    tmp_path: Path, configured: str, embedded: bool, mode: str
) -> None:
    settings = load_settings(tmp_path, {"extractions": {"mode": configured}})
    assert settings.extractions.mode_for(embedded=embedded) == mode
