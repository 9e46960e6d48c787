"""The services of the compose file know each other, and no secret is written in it."""

from __future__ import annotations

import re
from typing import Any

import pytest
from sqlalchemy import make_url

from relgen_assets.settings import load_settings
from relgen_assets_tests.docker_files.files import (
    DOCKER,
    REQUIRED,
    ROOT,
    VARIABLE,
    VariableMissing,
    compose,
    load_yaml,
)

DAGSTER_SERVICES = ("code", "webserver", "daemon")


@pytest.fixture
def services() -> dict[str, Any]:
    found: dict[str, Any] = compose(REQUIRED)["services"]
    return found


def test_the_services_are_those_the_readme_lists(services: dict[str, Any]) -> None:
    readme = (DOCKER / "README.md").read_text(encoding="utf-8")
    assert set(services) == set(re.findall(r"^\| `(\w+)` \|", readme, re.MULTILINE))


def test_dagster_services_start_what_the_image_can_start(services: dict[str, Any]) -> None:
    known = (DOCKER / "entrypoint.sh").read_text(encoding="utf-8")
    for name in DAGSTER_SERVICES:
        assert services[name]["command"] == [name]
        assert f"\n{name})\n" in known
        assert (DOCKER / services[name]["build"]["context"]).resolve() == ROOT
        assert (ROOT / services[name]["build"]["dockerfile"]).is_file()


def test_services_wait_for_what_they_need(services: dict[str, Any]) -> None:
    for service in services.values():
        for needed, how in service.get("depends_on", {}).items():
            assert needed in services
            if how["condition"] == "service_healthy":
                assert "healthcheck" in services[needed]
    for name in DAGSTER_SERVICES:
        assert services[name]["depends_on"]["postgres"]["condition"] == "service_healthy"


def test_volumes_are_declared_and_used(services: dict[str, Any]) -> None:
    mounted = {
        mount.partition(":")[0]
        for service in services.values()
        for mount in service["volumes"]
        if isinstance(mount, str)
    }
    assert mounted == set(compose(REQUIRED)["volumes"])


def test_logs_of_runs_can_be_read_by_the_web_server(services: dict[str, Any]) -> None:
    for name in DAGSTER_SERVICES:
        assert "logs:/logs" in services[name]["volumes"]
        assert services[name]["environment"]["DAGSTER_LOG_DIR"] == "/logs"


def test_the_settings_of_the_code_are_valid_and_name_the_other_services(
    services: dict[str, Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    for name, value in services["code"]["environment"].items():
        monkeypatch.setenv(name, value)
    settings = load_settings(tmp_path)
    (endpoint,) = settings.pool.endpoints
    assert endpoint.url == f"http://llama:{_option(services['llama'], '--port')}"
    assert settings.pool.model == "tiny.gguf"
    ledger = make_url(settings.ledger.url)
    assert (ledger.host, ledger.database) == ("postgres", "relgen")
    assert ledger.password is None
    assert settings.ledger.password_env in services["code"]["environment"]
    for folder in (settings.storage.data, settings.storage.dataset, settings.storage.state):
        assert folder.startswith("/data/")


def test_the_database_is_the_one_dagster_uses(services: dict[str, Any]) -> None:
    database = services["postgres"]["environment"]
    for name in DAGSTER_SERVICES:
        environment = services[name]["environment"]
        for key in ("USER", "PASSWORD", "DB"):
            assert environment[f"DAGSTER_POSTGRES_{key}"] == database[f"POSTGRES_{key}"]
        assert environment["DAGSTER_POSTGRES_HOST"] == "postgres"


def test_the_server_has_explicit_slots_and_the_mounted_model(services: dict[str, Any]) -> None:
    llama = services["llama"]
    assert int(_option(llama, "-np")) >= 1
    assert int(_option(llama, "--ctx-size")) >= 4_096
    (mount,) = llama["volumes"]
    assert (mount["source"], mount["read_only"]) == ("/models of mine", True)
    assert _option(llama, "--model") == f"{mount['target']}/tiny.gguf"


def test_only_the_web_ui_is_published_and_on_this_machine_only(services: dict[str, Any]) -> None:
    published = {name: service["ports"] for name, service in services.items() if "ports" in service}
    assert published == {"webserver": ["127.0.0.1:3000:3000"]}


@pytest.mark.parametrize("name", REQUIRED)
def test_a_required_variable_that_is_not_set_is_named(name: str) -> None:
    with pytest.raises(VariableMissing, match=rf"set {name} in docker/\.env"):
        compose({**REQUIRED, name: ""})


def test_passwords_come_from_the_environment_only() -> None:
    for service in load_yaml("compose.yaml")["services"].values():
        for name, value in service.get("environment", {}).items():
            if name.endswith("PASSWORD"):
                assert value.startswith("${POSTGRES_PASSWORD:?")


def test_the_example_lists_every_variable_with_its_default() -> None:
    example = (DOCKER / ".env.example").read_text(encoding="utf-8")
    listed = dict(re.findall(r"^#?([A-Z_]+)=(.*)$", example, re.MULTILINE))
    used = {
        match["name"]: match["rest"] if match["kind"] == "-" else ""
        for match in VARIABLE.finditer((DOCKER / "compose.yaml").read_text(encoding="utf-8"))
        if match["name"]
    }
    assert listed == used


def test_the_folder_does_not_shadow_the_docker_package() -> None:
    assert not (DOCKER / "__init__.py").exists()


def _option(service: dict[str, Any], name: str) -> str:
    arguments: list[str] = service["command"]
    return arguments[arguments.index(name) + 1]
