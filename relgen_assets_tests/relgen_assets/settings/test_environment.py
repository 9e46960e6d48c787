"""Settings from the environment: a wrong value is told with the variable that it came from."""

from pathlib import Path

import pytest

from relgen_assets.settings import Settings, load_settings
from relgen_assets.settings.environment import variable_of
from resources.errors import ConfigurationError

ENDPOINTS = "RELGEN_POOL__ENDPOINTS"


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        (ENDPOINTS, "[secret-key"),
        (ENDPOINTS, "http://127.0.0.1:8080"),
        (ENDPOINTS, ""),
        (ENDPOINTS, "[" * 100_000),
        ("RELGEN_BATCHES", "{size: 3}"),
        ("RELGEN_SOURCE", "sample"),
        ("RELGEN_SOURCE__COLUMNS", "text"),
    ],
)
def test_a_list_or_section_that_is_not_json_names_its_variable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(ConfigurationError) as raised:
        load_settings(tmp_path)
    told = str(raised.value)
    assert variable in told
    assert "JSON" in told
    assert "relgen.toml" not in told.split("or set them")[0], "the file is not to blame"
    assert "secret-key" not in told


@pytest.mark.parametrize(
    ("variable", "value", "key"),
    [
        ("RELGEN_BATCHES__SIZE", "many", "batches.size"),
        ("RELGEN_BATCHES", '{"size": 0}', "batches.size"),
        ("relgen_batches__size", "many", "batches.size"),
        (ENDPOINTS, '[{"name": "a"}]', "pool.endpoints.0.url"),
        (ENDPOINTS, "5", "pool.endpoints"),
        ("RELGEN_CHUNKING__TOKEN", "5", "chunking.token"),
    ],
)
def test_a_wrong_value_names_its_variable_and_does_not_blame_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str, value: str, key: str
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(ConfigurationError, match="the environment: ") as raised:
        load_settings(tmp_path)
    assert f"{key} (from {variable}): " in str(raised.value)


def test_a_plain_value_needs_no_json(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("RELGEN_DATASET__TITLE", "[Draft] {of} mine")
    assert load_settings(tmp_path).dataset.title == "[Draft] {of} mine"


def test_a_fault_of_the_file_is_not_blamed_on_the_environment(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("RELGEN_BATCHES__SIZE", "3")
    assert variable_of(("batches", "size")) == "RELGEN_BATCHES__SIZE"
    assert variable_of(("chunking", "tokens")) is None
    assert isinstance(load_settings(tmp_path), Settings)
