"""Ollama, which loads models on demand and silently cuts prompts beyond its context."""

from __future__ import annotations

import re
from typing import Any

from resources.llama_server_pool.endpoint import Dialect
from resources.llama_server_pool.servers.decoding import Fields
from resources.llama_server_pool.servers.questions import Asker, optional_page, served_model
from resources.llama_server_pool.servers.server_type import (
    ErrorPhrases,
    ServerFacts,
    ServerType,
    register,
)

_WINDOW_STEP = 1024
"""Contexts of Ollama are multiples of this many tokens, unless someone set an odd one."""
_LEAST_WINDOW = 2048
"""Smallest context that Ollama gives a model by itself."""
_CONTEXT_PARAMETER = re.compile(r"^num_ctx\s+(\d{1,8})\b", re.MULTILINE)
_VERSION = "/api/version"


@register
class Ollama(ServerType):
    """The OpenAI-compatible side of Ollama."""

    dialect = Dialect.ollama
    health_path = _VERSION
    assumed_slots = 1  # OLLAMA_NUM_PARALLEL cannot be queried; recent versions default to one
    error_phrases = ErrorPhrases(
        prompt_too_long=("input length exceeds",), no_model=(r"model[^.]{0,120}not found",)
    )

    def thinking_switch(self, *, on: bool) -> dict[str, Any]:
        """Send both switches: `reasoning_effort` of newer versions, `think` of older ones."""
        return {"reasoning_effort": "medium" if on else "none", "think": on}

    async def recognises(self, server: Asker) -> bool:
        """Look for the pages of its own API; a version alone is told by proxies like it too."""
        if "version" not in await optional_page(server, _VERSION):
            return False
        return "models" in await optional_page(server, "/api/tags")

    async def discover(self, server: Asker) -> ServerFacts:
        """Find the model in the list and its context on other pages."""
        name, _ = await served_model(server)
        return ServerFacts(self.dialect, context=await _context(server, name), model=name)

    def cut_at(self, counted: int, estimate: int, facts: ServerFacts) -> int | None:
        """Recognise a context that older versions do not tell: a count that is exactly a window.

        They cut a longer prompt to their window without a word.
        """
        if facts.context is not None:
            return super().cut_at(counted, estimate, facts)
        window = counted >= _LEAST_WINDOW and counted % _WINDOW_STEP == 0
        return counted if window and estimate > counted else None


async def _context(server: Asker, model: str) -> int | None:
    """Return the context in tokens of a loaded model, or the one it will be loaded with.

    `None` where neither is told: it depends on the version, on its environment and on the memory of
    the machine, and is asked for again once the model is loaded.
    """
    for running in (await optional_page(server, "/api/ps")).each("models"):
        context = running.count("context_length")
        if running.raw("name") == model and context:
            return context
    shown = Fields(await server.post("/api/show", {"model": model}), "/api/show")
    match = _CONTEXT_PARAMETER.search(shown.text("parameters", most=None) or "")
    return int(match.group(1)) if match else None
