"""Settings: defaults that run, values from file and environment, errors that name the key."""

from __future__ import annotations

from pathlib import Path

import pytest

from relgen_assets.definitions import build_resources
from relgen_assets.domain_errors import ConfigurationError
from relgen_assets.extraction.policy import JudgingPolicy
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
        ('[ledger]\nrenew_before = "soon"\n', "ledger.renew_before", "valid datetime"),
        ("[pool]\nendpoint = 1\n", "pool.endpoint", "endpoints, model, outage_timeout_seconds"),
        ('[extractions]\nmode = "fast"\n', "extractions.mode", "'schema' or 'two_pass'"),
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
            '[[pool.endpoints]]\nname = "a"\nurl = "http://h"\ndialect = "abacus"\n',
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


def test_the_former_name_of_the_outage_timeout_still_works(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = written(tmp_path, "[pool]\npatience_seconds = 7\n")
    assert load_settings(folder).pool.outage_timeout_seconds == 7
    monkeypatch.setenv("RELGEN_POOL__PATIENCE_SECONDS", "8")
    assert load_settings(folder).pool.outage_timeout_seconds == 8
    assert load_settings(written(tmp_path, "")).pool.outage_timeout_seconds == 8


def test_an_option_under_both_of_its_names_is_an_error(tmp_path: Path) -> None:
    folder = written(tmp_path, "[pool]\npatience_seconds = 7\noutage_timeout_seconds = 8\n")
    with pytest.raises(ConfigurationError, match=r"pool: .*set only one of them"):
        load_settings(folder)


def test_an_environment_variable_of_the_pool_reaches_the_resource(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RELGEN_POOL__OUTAGE_TIMEOUT_SECONDS", "9")
    monkeypatch.setenv("RELGEN_POOL__UNENFORCED_SCHEMA", "leave_out")
    pool = build_resources(load_settings(tmp_path)).llama_server_pool
    assert (pool.outage_timeout_seconds, pool.unenforced_schema) == (9, "leave_out")


@pytest.mark.parametrize("variable", ["RELGEN_POOL__PATIENCE", "RELGEN_LEDGER__LOG_DIR"])
def test_an_unknown_key_in_the_environment_is_an_error_with_what_is_accepted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.setenv(variable, "5")
    with pytest.raises(ConfigurationError, match=r"unknown key; accepted here: .*, ") as caught:
        load_settings(tmp_path)
    assert variable.removeprefix("RELGEN_").lower().replace("__", ".") in str(caught.value)


def test_every_option_of_a_section_reaches_its_resource(tmp_path: Path) -> None:
    settings = load_settings(tmp_path)
    resources = build_resources(settings)
    for section, resource in (
        (settings.pool, resources.llama_server_pool),
        (settings.ledger, resources.generation_ledger),
    ):
        for option, value in section:
            assert getattr(resource, option) == value


def test_a_user_of_the_command_line_reads_its_commands_in_remedies(tmp_path: Path) -> None:
    resources = build_resources(load_settings(tmp_path))
    assert "`relgen endpoints`" in resources.llama_server_pool.outage_remedy
    assert resources.generation_ledger.import_command == "relgen ledger import"


def test_an_unknown_environment_variable_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RELGEN_CHUNKS__TOKENS", "5")
    with pytest.raises(ConfigurationError, match=r"RELGEN_CHUNKS__TOKENS.*chunking"):
        load_settings(tmp_path)


def test_a_file_that_is_not_toml_is_an_error_with_its_line(tmp_path: Path) -> None:
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
        ("auto", True, "quote"),
        ("auto", False, "schema"),
        ("schema", True, "schema"),
        ("candidates", False, "candidates"),
    ],
)
def test_decoding_is_restricted_to_quotes_for_the_embedded_model_and_as_set_on_demand(
    tmp_path: Path, configured: str, embedded: bool, mode: str
) -> None:
    settings = load_settings(tmp_path, {"extractions": {"mode": configured}})
    assert settings.extractions.mode_for(embedded=embedded) == mode


@pytest.mark.parametrize(("value", "fuzzy"), [('"off"', None), ("85", 85), ("0", 0), ("100", 100)])
def test_misspelled_names_are_found_from_a_similarity_on_or_not_at_all(
    value: str, fuzzy: int | None, tmp_path: Path
) -> None:
    settings = load_settings(written(tmp_path, f"[judging]\nfuzzy_names = {value}\n"))
    assert settings.judging_policy == JudgingPolicy(fuzzy_names=fuzzy)


def test_a_policy_can_come_from_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RELGEN_JUDGING__FUZZY_NAMES", "off")
    monkeypatch.setenv("RELGEN_JUDGING__ABSENT_NAMES", "reject")
    folder = written(tmp_path, "[judging]\nfuzzy_names = 85\nmerge_relations = true\n")
    policy = load_settings(folder).judging_policy
    assert policy == JudgingPolicy(absent_names="reject", merge_relations=True)


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        (
            'absent_names = "keep"',
            "judging.absent_names: Input should be 'drop', 'reject'",
        ),
        ('unsupported_relations = "reject"', "judging.unsupported_relations: Input should be"),
        ("fuzzy_names = 101", "judging.fuzzy_names: Input should be less than or equal to 100"),
        ('fuzzy_names = "on"', "judging.fuzzy_names: Input should be a valid integer"),
        ("merge = true", "judging.merge: unknown key"),
    ],
)
def test_a_wrong_choice_names_its_key_and_what_would_do(
    line: str, complaint: str, tmp_path: Path
) -> None:
    with pytest.raises(ConfigurationError) as caught:
        load_settings(written(tmp_path, f"[judging]\n{line}\n"))
    assert complaint in str(caught.value)


def test_without_summaries_the_student_is_shown_none(tmp_path: Path) -> None:
    off = {"summaries": {"enabled": False}}
    assert load_settings(tmp_path, off).dataset.student_prompt == "summary_none"
    chosen = {"dataset": {"student_prompt": "summary_none_schema"}}
    assert load_settings(tmp_path, off | chosen).dataset.student_prompt == "summary_none_schema"
    shown = {"dataset": {"student_prompt": "summary_given_schema"}}
    with pytest.raises(ConfigurationError, match="choose summary_none_schema"):
        load_settings(tmp_path, off | shown)
