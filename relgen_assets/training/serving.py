"""What to type to serve a student, to register it, and to compare it with its teacher. Pure."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import Final

PORT: Final = 8081
CONTEXT: Final = 8_192
"""Tokens of the context, unless the model was made for fewer."""


def serving_commands(file: Path, context: int = CONTEXT) -> list[str]:
    """Return the commands that serve a GGUF file; one of them is enough."""
    path = shlex.quote(str(file))
    name = shlex.quote(file.stem)
    return [
        f"llama-server -m {path} -c {context} -np 1 --port {PORT}",
        f"python -m llama_cpp.server --model {path} --model_alias {name} --n_ctx {context}"
        f" --port {PORT}",
    ]


def endpoint_block(file: Path) -> str:
    """Return the lines that make the server an endpoint of a project."""
    return (
        "[[pool.endpoints]]\n"
        f"name = {json.dumps(file.stem)}\n"
        f'url = "http://127.0.0.1:{PORT}"\n'
        f"model = {json.dumps(file.stem)}"
    )


def evaluation_command(teacher: str | None) -> str:
    """Return the command that compares the student with its teacher.

    Args:
        teacher: Name of the teacher's endpoint, or `embedded`; `None` if it is not known.
    """
    return (
        f"relgen evaluate --on test -e {shlex.quote(teacher or 'TEACHER')} --prompt run"
        f" -e student=http://127.0.0.1:{PORT} --prompt student"
    )
