"""What each server software answers, as far as clients can tell them apart.

Taken from the answers of real servers (llama.cpp, llama-cpp-python) and from the documentation of
the others. Only the spelling is here; when and how fast belongs to `llama_server`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from relgen_assets_tests.fakes.answers import count_tokens
from resources.llama_server_pool.endpoint import Dialect

Reply = tuple[int, dict[str, Any] | str]


@dataclass(frozen=True)
class Serving:
    """What a server serves: its model and its size."""

    dialect: Dialect
    model: str
    slots: int
    context: int
    busy: int = 0


def get_reply(serving: Serving, path: str) -> Reply:
    """Return status and body of a GET."""
    known = _GET[serving.dialect]
    if path not in known:
        return not_found(serving.dialect)
    return 200, getattr(_Pages(serving), known[path])()


def post_reply(serving: Serving, path: str, body: dict[str, Any]) -> Reply:
    """Return status and body of a POST other than a chat completion."""
    if path == "/tokenize" and serving.dialect is Dialect.llama_cpp:
        return 200, {"tokens": list(range(count_tokens(body["content"])))}
    if serving.dialect is Dialect.llama_cpp_python and path == "/extras/tokenize/count":
        return 200, {"count": count_tokens(body["input"])}
    if serving.dialect is Dialect.llama_cpp_python and path == "/v1/completions":
        return context_error(serving, count_tokens(body["prompt"]))
    if path == "/api/show" and serving.dialect is Dialect.ollama:
        return 200, {"parameters": f"num_ctx    {serving.context}", "model_info": {}}
    return not_found(serving.dialect)


class _Pages:
    def __init__(self, serving: Serving) -> None:
        self._serving = serving

    def health(self) -> dict[str, Any]:
        return {"status": "ok"}

    def props(self) -> dict[str, Any]:
        return {
            "default_generation_settings": {"n_ctx": self._serving.context, "params": {}},
            "total_slots": self._serving.slots,
            "model_alias": self._serving.model,
            "model_path": f"/models/{self._serving.model}.gguf",
            "build_info": "b6700-fake",
        }

    def slots(self) -> Any:
        context, busy = self._serving.context, self._serving.busy
        return [
            {"id": number, "n_ctx": context, "is_processing": number < busy}
            for number in range(self._serving.slots)
        ]

    def openapi(self) -> dict[str, Any]:
        return {"openapi": "3.1.0", "info": {"title": "🦙 llama.cpp Python API"}, "paths": {}}

    def models(self) -> dict[str, Any]:
        owner = {
            Dialect.llama_cpp: "llamacpp",
            Dialect.llama_cpp_python: "me",
            Dialect.vllm: "vllm",
            Dialect.ollama: "library",
        }.get(self._serving.dialect, "organisation-owner")
        model: dict[str, Any] = {"id": self._serving.model, "object": "model", "owned_by": owner}
        if self._serving.dialect is Dialect.vllm:
            model["max_model_len"] = self._serving.context
        return {"object": "list", "data": [model]}

    def version(self) -> dict[str, Any]:
        return {"version": "0.12.3"}

    def ps(self) -> dict[str, Any]:
        model, context = self._serving.model, self._serving.context
        return {"models": [{"name": model, "model": model, "context_length": context}]}


_GET: dict[Dialect, dict[str, str]] = {
    Dialect.llama_cpp: {
        "/health": "health",
        "/props": "props",
        "/slots": "slots",
        "/v1/models": "models",
    },
    Dialect.llama_cpp_python: {"/openapi.json": "openapi", "/v1/models": "models"},
    Dialect.vllm: {"/health": "health", "/version": "version", "/v1/models": "models"},
    Dialect.ollama: {"/api/version": "version", "/api/ps": "ps", "/v1/models": "models"},
    Dialect.openai: {"/v1/models": "models"},
}


def not_found(dialect: Dialect) -> Reply:
    """Return the answer to an unknown path."""
    if dialect is Dialect.llama_cpp:
        return 404, error(404, "File Not Found", "not_found_error")
    if dialect in (Dialect.vllm, Dialect.llama_cpp_python):
        return 404, {"detail": "Not Found"}
    return 404, "404 page not found"


def error(code: int, message: str, kind: str, **more: Any) -> dict[str, Any]:
    """Return the body of an error answer."""
    return {"error": {"code": code, "message": message, "type": kind, **more}}


def key_error(dialect: Dialect) -> Reply:
    """Return the answer to a missing or wrong key."""
    if dialect is Dialect.llama_cpp_python:
        return 401, {"detail": "Invalid API key"}
    if dialect is Dialect.vllm:
        return 401, {"error": "Unauthorized"}
    return 401, error(401, "Invalid API Key", "authentication_error")


def context_error(serving: Serving, tokens: int) -> Reply:
    """Return the answer to a prompt of `tokens` tokens that does not fit."""
    context = serving.context
    if serving.dialect is Dialect.llama_cpp:
        message = (
            f"request ({tokens} tokens) exceeds the available context size ({context} tokens), "
            "try increasing it"
        )
        more = {"n_prompt_tokens": tokens, "n_ctx": context}
        return 400, error(400, message, "exceed_context_size_error", **more)
    message = (
        f"This model's maximum context length is {context} tokens. However, you requested "
        f"{tokens + 1} tokens ({tokens} in the messages, 1 in the completion). Please reduce the "
        "length of the messages or completion."
    )
    return 400, {
        "error": {
            "message": message,
            "type": "invalid_request_error",
            "param": "messages",
            "code": "context_length_exceeded",
        }
    }


def schema_of(dialect: Dialect, body: dict[str, Any]) -> dict[str, Any] | Reply | None:
    """Return the schema this software would enforce, None for none, or its error answer."""
    wanted = body.get("response_format")
    if wanted is None:
        return None
    if dialect is Dialect.llama_cpp_python:
        if wanted["type"] == "json_schema":
            message = "1 validation error: body response_format type: Input should be 'text' or …"
            return 500, error(500, message, "internal_server_error")
        return dict(wanted.get("schema", {"type": "object"}))
    if wanted["type"] == "json_schema" and "json_schema" in wanted:
        named: dict[str, Any] = wanted["json_schema"]
        return dict(named["schema"])
    return {"type": "object"}
