"""The answers of llama.cpp's `llama-server`."""

from __future__ import annotations

from typing import Any

from relgen_assets_tests.fakes.answers import count_tokens
from relgen_assets_tests.fakes.fake_type import FakeType, Reply, Serving, error, register
from resources.llama_server_pool.endpoint import Dialect


@register
class FakeLlamaCpp(FakeType):
    """Reports everything on one page and counts tokens."""

    dialect = Dialect.llama_cpp
    owner = "llamacpp"
    public_paths = frozenset({"/health", "/v1/models"})
    tells_slots = True
    counts_tokens = True
    sends_timings = True
    control_tokens = ("<ctl-begin>", "<ctl-end>")

    def pages(self, serving: Serving) -> dict[str, Any]:
        return {
            **super().pages(serving),
            "/health": {"status": "ok"},
            "/props": {
                "default_generation_settings": {"n_ctx": serving.context, "params": {}},
                "total_slots": serving.slots,
                "model_alias": serving.model,
                "model_path": f"/models/{serving.model}.gguf",
                "build_info": "b6700-fake",
                "chat_template": "{{ '<|turn_of|>' + message['role'] }}<ctl-end>{% endif %}",
                "bos_token": self.control_tokens[0],
                "eos_token": self.control_tokens[1],
            },
            "/slots": [
                {"id": number, "n_ctx": serving.context, "is_processing": number < serving.busy}
                for number in range(serving.slots)
            ],
        }

    def post(self, serving: Serving, path: str, body: dict[str, Any]) -> Reply:
        if path == "/tokenize":
            return 200, {"tokens": list(range(count_tokens(body["content"])))}
        return self.not_found()

    def not_found(self) -> Reply:
        return 404, error(404, "File Not Found", "not_found_error")

    def context_error(self, serving: Serving, tokens: int) -> Reply:
        message = (
            f"request ({tokens} tokens) exceeds the available context size ({serving.context} "
            "tokens), try increasing it"
        )
        more = {"n_prompt_tokens": tokens, "n_ctx": serving.context}
        return 400, error(400, message, "exceed_context_size_error", **more)

    def schema_error(self) -> Reply:
        return 400, error(400, "failed to parse grammar", "invalid_request_error")
