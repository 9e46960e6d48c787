"""Reads the files of `docker/` as Docker Compose would: YAML with variables filled in."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
DOCKER = ROOT / "docker"

REQUIRED = {
    "POSTGRES_PASSWORD": "a %40 strange pässword",
    "LLAMA_MODEL_DIR": "/models of mine",
    "LLAMA_MODEL_FILE": "tiny.gguf",
    "LLAMA_IMAGE": "llama-server",
}

VARIABLE = re.compile(r"\$\$|\$\{(?P<name>\w+)(?::(?P<kind>[-?])(?P<rest>[^}]*))?\}")


class VariableMissing(Exception):
    """A variable without default is not set, as Compose would say."""


def load_yaml(name: str) -> dict[str, Any]:
    """Return a YAML file of `docker/`."""
    loaded: dict[str, Any] = yaml.safe_load((DOCKER / name).read_text(encoding="utf-8"))
    return loaded


def compose(variables: Mapping[str, str]) -> dict[str, Any]:
    """Return the compose file with variables filled in, by Compose's rules for `:-` and `:?`."""
    filled: dict[str, Any] = _fill(load_yaml("compose.yaml"), variables)
    return filled


def _fill(value: Any, variables: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: _fill(item, variables) for key, item in value.items()}
    if isinstance(value, list):
        return [_fill(item, variables) for item in value]
    return VARIABLE.sub(lambda m: _value(m, variables), value) if isinstance(value, str) else value


def _value(match: re.Match[str], variables: Mapping[str, str]) -> str:
    if match.group(0) == "$$":
        return "$"
    given = variables.get(match["name"], "")
    if not given and match["kind"] == "?":
        raise VariableMissing(match["rest"])
    return given or match["rest"] or ""
