"""Answers as a good model gives them: their names stand in the section, so they pass validation."""

from __future__ import annotations

import json
import re
from itertools import pairwise
from typing import Any

from relgen_assets_tests.fakes.answers import answer_text

_WORD = re.compile(r"[A-Za-z]{6,}")
_SECTION = "Section:\n"


def good_answer(body: dict[str, Any]) -> str:
    """Return words of the section as entities, each related to the next, or a sentence as summary.

    Args:
        body: The chat request. Names are taken from the schema where it lists them.
    """
    prompt = body["messages"][-1]["content"]
    schema = wanted_schema(body)
    if schema is None:
        return "The article reports observations, explains them and names what remains open."
    if "list_of_entities" not in schema["properties"]:
        return answer_text(body, schema, 0)  # the pool tries whether schemas are followed
    listed = schema["properties"]["list_of_entities"]["items"].get("enum", ())
    words = [*listed] or list(dict.fromkeys(_WORD.findall(prompt.rpartition(_SECTION)[2])))
    names = (words or ["nothing"])[:: max(len(words) // 6, 1)][:6]
    most = schema["properties"]["relations"].get("maxItems", len(names))
    relations = [
        {
            "description": f"The section relates {one} to {other} in one of its sentences.",
            "source_entities": [one],
            "target_entities": [other],
            "strength": "moderate",
        }
        for one, other in pairwise(names)
    ]
    return json.dumps(
        {
            "section_description": f"The section is about {names[0]}.",
            "list_of_entities": names,
            "relations": relations[:most],
        }
    )


def wanted_schema(body: dict[str, Any]) -> dict[str, Any] | None:
    """Return the JSON schema of a request, in the form of llama.cpp or of llama-cpp-python."""
    wanted = body.get("response_format", {})
    schema = wanted.get("schema") or wanted.get("json_schema", {}).get("schema")
    return schema if schema is None or "properties" in schema else None
