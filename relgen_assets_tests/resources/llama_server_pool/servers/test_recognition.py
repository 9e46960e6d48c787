"""What real servers answer to questions, by their documentation and sources: who is who."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from relgen_assets_tests.resources.llama_server_pool.servers.asking import run
from resources.llama_server_pool.endpoint import Dialect
from resources.llama_server_pool.servers.error_answers import from_status
from resources.llama_server_pool.servers.faults import Disposition, EndpointFault
from resources.llama_server_pool.servers.registry import recognise
from resources.llama_server_pool.servers.server_type import ServerFacts


def models(owner: str, *names: str, **more: Any) -> dict[str, Any]:
    listed = [{"id": name, "object": "model", "owned_by": owner, **more} for name in names]
    return {"object": "list", "data": listed}


@dataclass(frozen=True)
class Recorded:
    """One server as it answers questions.

    Attributes:
        pages: Its answers, by path with query.
        facts: What has to be found.
        model: The model that the settings name.
        missing: Status and body of its answer to any other page.
    """

    pages: dict[str, Any]
    facts: ServerFacts
    model: str | None = None
    missing: tuple[int, str] = (404, "Not Found")
    broken: dict[str, tuple[int, str]] = field(default_factory=dict)

    async def get(self, path: str) -> Any:
        if path in self.pages:
            return self.pages[path]
        status, body = self.broken.get(path, self.missing)
        if status == 200:
            return {"error": body}
        raise from_status(status, body, {}, key_place=None)

    async def post(self, path: str, body: dict[str, Any]) -> Any:
        return await self.get(path)


PROPS = {"model_alias": "qwen", "total_slots": 4, "default_generation_settings": {"n_ctx": 8192}}
ROUTER = {
    "role": "router",
    "model_alias": "llama-server",
    "model_path": "none",
    "default_generation_settings": {"n_ctx": 0},
}
OLLAMA = {
    "/api/version": {"version": "0.12.3"},
    "/api/tags": {"models": [{"name": "qwen:7b"}]},
    "/v1/models": models("library", "qwen:7b"),
    "/api/show": {"parameters": 'stop "<|im_end|>"', "model_info": {"qwen2.context_length": 32768}},
}
SERVERS = {
    "llama-server": Recorded(
        {"/props": PROPS, "/v1/models": models("llamacpp", "qwen")},
        ServerFacts(Dialect.llama_cpp, 4, 8192, "qwen"),
    ),
    "llama-server, router mode": Recorded(
        {"/props": ROUTER, "/props?model=qwen": PROPS, "/v1/models": models("llamacpp", "qwen")},
        ServerFacts(Dialect.llama_cpp, 4, 8192, "qwen"),
    ),
    "llama-server, router mode, several models, none loaded": Recorded(
        {"/props": ROUTER, "/v1/models": models("llamacpp", "gemma", "org/qwen:Q4")},
        ServerFacts(Dialect.llama_cpp, None, None, "org/qwen:Q4"),
        model="org/qwen:Q4",
        broken={"/props?model=org%2Fqwen%3AQ4": (400, "model is not loaded")},
    ),
    "llama-swap": Recorded(
        {"/api/version": {"version": "v171"}, "/v1/models": models("llama-swap", "qwen")},
        ServerFacts(Dialect.llama_swap, model="qwen"),
        broken={"/props": (400, "no model id could be identified")},
    ),
    "llama-swap that fails on unknown pages": Recorded(
        {"/api/version": {"version": "v171"}, "/v1/models": models("llama-swap", "a", "qwen")},
        ServerFacts(Dialect.llama_swap, model="qwen"),
        model="qwen",
        missing=(500, "no router for requested model"),
    ),
    "llama-cpp-python": Recorded(
        {
            "/openapi.json": {"info": {"title": "\U0001f999 llama.cpp Python API"}},
            "/v1/models": models("me", "/models/qwen.gguf"),
        },
        ServerFacts(Dialect.llama_cpp_python, None, 4096, "/models/qwen.gguf"),
        broken={
            "/v1/completions": (400, "Requested tokens (9) exceed context window of 4096"),
        },
    ),
    "vLLM": Recorded(
        {"/v1/models": models("vllm", "qwen", max_model_len=32768)},
        ServerFacts(Dialect.vllm, None, 32768, "qwen"),
        missing=(404, '{"detail":"Not Found"}'),
    ),
    "SGLang": Recorded(
        {"/v1/models": models("sglang", "qwen", max_model_len=32768)},
        ServerFacts(Dialect.sglang, None, 32768, "qwen"),
    ),
    "TGI": Recorded(
        {
            "/info": {"model_id": "org/qwen", "max_total_tokens": 4096, "max_input_tokens": 4095},
            "/v1/models": models("org/qwen", "org/qwen"),
        },
        ServerFacts(Dialect.tgi, None, 4096, "org/qwen"),
    ),
    "Ollama, cold": Recorded(
        {**OLLAMA, "/api/ps": {"models": []}}, ServerFacts(Dialect.ollama, None, None, "qwen:7b")
    ),
    "Ollama, warm": Recorded(
        {**OLLAMA, "/api/ps": {"models": [{"name": "qwen:7b", "context_length": 16384}]}},
        ServerFacts(Dialect.ollama, None, 16384, "qwen:7b"),
    ),
    "Ollama, old, with a context in its Modelfile": Recorded(
        {
            **OLLAMA,
            "/api/ps": {"models": [{"name": "qwen:7b"}]},
            "/api/show": {"parameters": "num_ctx                        2048"},
        },
        ServerFacts(Dialect.ollama, None, 2048, "qwen:7b"),
    ),
    "LM Studio": Recorded(
        {
            "/v1/models": models("organization_owner", "qwen", "text-embedding-nomic"),
            "/api/v0/models": {
                "data": [
                    {
                        "id": "qwen",
                        "type": "llm",
                        "state": "loaded",
                        "max_context_length": 32768,
                        "loaded_context_length": 4096,
                    },
                    {"id": "text-embedding-nomic", "type": "embeddings", "state": "loaded"},
                ]
            },
        },
        ServerFacts(Dialect.lm_studio, None, 4096, "qwen"),
        missing=(200, "Unexpected endpoint or method. (GET /props)"),
    ),
    "rkllm": Recorded(
        {"/v1/models": models("rkllm", "qwen")}, ServerFacts(Dialect.rkllm, model="qwen")
    ),
    "a gateway in front of several servers": Recorded(
        {"/v1/models": models("openai", "gemma", "qwen", "tiny")},
        ServerFacts(Dialect.openai, model="qwen"),
        model="qwen",
    ),
}


async def _facts(server: Recorded) -> ServerFacts:
    return await (await recognise(server)).discover(server)


@pytest.mark.parametrize("name", SERVERS)
def test_a_server_is_recognised_by_what_it_answers(name: str) -> None:
    assert run(_facts(SERVERS[name])) == SERVERS[name].facts


@pytest.mark.parametrize(
    "missing",
    [(404, "404 page not found"), (400, "bad request"), (500, "oops"), (200, "no such page")],
)
def test_a_server_that_is_not_recognised_names_the_setting_and_its_values(
    missing: tuple[int, str],
) -> None:
    nothing = Recorded({}, ServerFacts(Dialect.openai), missing=missing)
    with pytest.raises(EndpointFault) as caught:
        run(_facts(nothing))
    assert "`dialect`" in caught.value.detail
    assert all(f"{one.value}" in caught.value.detail for one in Dialect if one is not Dialect.auto)


def test_several_models_ask_for_a_choice() -> None:
    several = Recorded({"/v1/models": models("openai", "a", "b")}, ServerFacts(Dialect.openai))
    with pytest.raises(EndpointFault, match="choose one with the endpoint's `model`"):
        run(_facts(several))


TOO_LONG = {
    "llama-server": (
        400,
        '{"error":{"code":400,"message":"the request exceeds the available context size. try'
        ' increasing the context size","type":"exceed_context_size_error","n_ctx":4096}}',
    ),
    "SGLang": (
        400,
        '{"message":"Requested token count exceeds the model\'s maximum context length of 4096'
        ' tokens. You requested a total of 5200 tokens"}',
    ),
    "SGLang, input alone": (
        400,
        "The input (5000 tokens) is longer than the model's context length (4096 tokens).",
    ),
    "TGI": (
        422,
        '{"error":"Input validation error: `inputs` tokens + `max_new_tokens` must be <= 4096.'
        ' Given: 5000 `inputs` tokens and 200 `max_new_tokens`","error_type":"validation"}',
    ),
    "TGI, input alone": (
        422,
        '{"error":"Input validation error: `inputs` must have less than 4096 tokens. Given: 5000"}',
    ),
    "vLLM": (
        400,
        '{"message":"This model\'s maximum context length is 4096 tokens. However, you requested'
        ' 5200 tokens"}',
    ),
    "vLLM 0.15": (
        400,
        '{"error":{"message":"You passed 5000 input tokens and requested 200 output tokens.'
        " However, the model's context length is only 4096 tokens, resulting in a maximum input"
        ' length of 3896 tokens."}}',
    ),
    "LM Studio": (
        400,
        '{"error":"The number of tokens to keep from the initial prompt is greater than the context'
        ' length (n_keep: 5000>= n_ctx: 4096)"}',
    ),
    "LM Studio, in a stream without a code": (
        500,
        '{"error":{"message":"Trying to keep the first 5000 tokens when context the overflows.'
        ' However, the model is loaded with context length of only 4096 tokens"}}',
    ),
    "llama-cpp-python": (
        400,
        '{"error":{"message":"This model\'s maximum context length is 4096 tokens, however you'
        ' requested 5200 tokens","code":"context_length_exceeded"}}',
    ),
}


@pytest.mark.parametrize("name", TOO_LONG)
def test_too_long_is_understood_in_the_words_of_every_server(name: str) -> None:
    status, body = TOO_LONG[name]
    fault = from_status(status, body, {}, key_place=None)
    assert (fault.kind, fault.disposition) == ("context_exceeded", Disposition.context)
    assert fault.context == 4096


def test_a_busy_board_is_waited_for_and_not_blamed() -> None:
    said = '{"status":"error","message":"RKLLM_Server is busy! Maybe you can try again later."}'
    assert from_status(503, said, {}, key_place=None).disposition is Disposition.throttled
