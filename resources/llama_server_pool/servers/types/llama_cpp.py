"""llama.cpp's own `llama-server`, which reports slots, context and model on one page."""

from __future__ import annotations

from urllib.parse import quote

from resources.llama_server_pool.endpoint import Dialect
from resources.llama_server_pool.servers.decoding import MOST_SLOTS, Fields, bad_body
from resources.llama_server_pool.servers.harmless import tokens_of_template
from resources.llama_server_pool.servers.questions import Asker, optional_page, page, served_model
from resources.llama_server_pool.servers.server_type import (
    FURTHER_OPTIONS,
    ErrorPhrases,
    ServerFacts,
    ServerType,
    register,
)

_PROPERTIES = "/props"


@register
class LlamaCpp(ServerType):
    """`llama-server` of llama.cpp."""

    dialect = Dialect.llama_cpp
    health_path = "/health"
    assumed_slots = 1
    sampling_options = FURTHER_OPTIONS
    error_phrases = ErrorPhrases(
        prompt_too_long=(r"exceed[_s]*_?context", r"exceeds? the (?:available )?context"),
        overflow=("context size has been exceeded", "failed to find a memory slot"),
        loading=("loading model", "unavailable_error"),
        schema=("grammar",),
    )

    async def recognises(self, server: Asker) -> bool:
        """Look for the properties page, which only this server has."""
        return "default_generation_settings" in await optional_page(server, _PROPERTIES)

    async def discover(self, server: Asker) -> ServerFacts:
        """Read slots, context, model and the tokens of its template from the properties."""
        properties = await page(server, _PROPERTIES)
        name = None
        if _is_router(properties):
            name, _ = await served_model(server)
            properties = await optional_page(server, f"{_PROPERTIES}?model={quote(name, safe='')}")
            if not properties:  # the model is not loaded yet: it is asked again after the trial
                return ServerFacts(self.dialect, model=name)
        if "default_generation_settings" not in properties:
            raise bad_body(f"{_PROPERTIES} is not the page of a llama-server")
        path = (properties.text("model_path", most=4096) or "").rpartition("/")[2]
        return ServerFacts(
            self.dialect,
            slots=properties.count("total_slots", MOST_SLOTS),
            context=properties.inside("default_generation_settings").count("n_ctx"),
            model=name or properties.text("model_alias") or path.removesuffix(".gguf") or None,
            control_tokens=tokens_of_template(
                properties.text("chat_template", most=None),
                properties.text("bos_token"),
                properties.text("eos_token"),
            ),
        )

    async def _count(self, server: Asker, text: str) -> int | None:
        answer = await server.post("/tokenize", {"content": text, "add_special": False})
        tokens = Fields(answer, "/tokenize").raw("tokens")
        if not isinstance(tokens, list):
            raise bad_body("/tokenize returns no list of tokens")
        return len(tokens)


def _is_router(properties: Fields) -> bool:
    """Return whether a page is that of a router: it has models, and is none itself."""
    context = properties.inside("default_generation_settings").count("n_ctx")
    return properties.raw("role") == "router" or context == 0
