"""What to type to serve a student and to compare it."""

from __future__ import annotations

import tomllib
from pathlib import Path

from relgen_assets.settings import Settings
from relgen_assets.training.serving import endpoint_block, evaluation_command, serving_commands

FILE = Path("/tmp/my students/lakes-q8_0.gguf")


def test_the_block_is_a_setting_of_a_project() -> None:
    settings = Settings.model_validate(tomllib.loads(endpoint_block(FILE)))
    (endpoint,) = settings.pool.endpoints
    assert (endpoint.name, endpoint.model) == ("lakes-q8_0", "lakes-q8_0")


def test_the_commands_serve_where_the_block_and_the_evaluation_look() -> None:
    port = endpoint_block(FILE).split("127.0.0.1:")[1].split('"')[0]
    for command in serving_commands(FILE):
        assert f"--port {port}" in command
        assert "'/tmp/my students/lakes-q8_0.gguf'" in command
    assert f":{port} --prompt student" in evaluation_command("gpu-0")
    assert "-e gpu-0 --prompt run" in evaluation_command("gpu-0")
