"""How llama.cpp server, llama-cpp-python, vLLM, Ollama and plain OpenAI differ.

Here: recognising the software behind a URL, spelling a JSON schema, finding slots and context,
and asking for health. What an error answer means is in `faults`; sending requests is in `client`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from resources.llama_server_pool.endpoint import Dialect

SCHEMA_NAME = "answer"
"""Name that `json_schema` wants for every schema."""


def response_format(dialect: Dialect, schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return the `response_format` by which this dialect enforces a JSON schema."""
    if dialect is Dialect.llama_cpp_python:
        return {"type": "json_object", "schema": dict(schema)}
    strict = {"strict": True} if dialect in (Dialect.openai, Dialect.vllm) else {}
    named = {"name": SCHEMA_NAME, "schema": dict(schema), **strict}
    return {"type": "json_schema", "json_schema": named}
