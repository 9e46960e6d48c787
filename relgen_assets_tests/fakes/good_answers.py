"""Answers as a good model gives them: they quote the section, so they pass validation."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

from relgen_assets_tests.fakes.answers import answer_text

_WORD = re.compile(r"[A-Za-z]{6,}")
_SECTION = "Section:\n"
_SENTENCE = re.compile(r"[A-Z][^.!?\n@\"\\]{20,200}[.]")


def good_answer(body: dict[str, Any]) -> str:
    """Return what the section states: its sentences, each with two of its words; or a summary.

    Args:
        body: The chat request. Names and statements are taken from the schema where it lists them.
    """
    prompt = body["messages"][-1]["content"]
    schema = wanted_schema(body)
    if schema is None:
        return "The article reports observations, explains them and names what remains open."
    if "list_of_entities" not in schema["properties"]:
        return answer_text(body, schema, 0)  # the pool tries whether schemas are followed
    if "relations" not in schema["properties"]:
        words = dict.fromkeys(_WORD.findall(prompt.rpartition(_SECTION)[2]))
        return json.dumps({"list_of_entities": list(words)[:8]})
    relations = schema["properties"]["relations"]
    entity = schema["properties"]["list_of_entities"]["items"].get("properties", {})
    name = entity.get("name") or schema["properties"]["list_of_entities"]["items"]
    listed = name.get("enum", ())
    stated = _listed_statements(relations) or _statements(prompt.rpartition(_SECTION)[2], listed)
    names = [
        name for one in stated for side in ("source", "target") for name in one[f"{side}_entities"]
    ]
    listing: list[Any] = list(dict.fromkeys(names))[:6]
    if entity:
        listing = [{"name": one, "type": _type(one, entity)} for one in listing]
    parts = relations["items"].get("properties", {})
    if "type" in parts:
        stated = [{**one, "type": _type(one["description"], parts)} for one in stated]
    return json.dumps(
        {
            "section_description": stated[0]["description"] if stated else "It states nothing.",
            "list_of_entities": listing,
            "relations": stated[: relations.get("maxItems", len(stated))],
        }
    )


def _type(said: str, properties: dict[str, Any]) -> str:
    """Return one of the types that a schema allows, the same for the same words."""
    types: list[str] = properties["type"]["enum"]
    return types[len(said) % len(types)]


def _listed_statements(relations: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the statements that a schema offers for choice, if it does."""
    return [
        _statement(
            parts["description"]["enum"][0],
            parts["source_entities"]["items"]["enum"][0],
            parts["target_entities"]["items"]["enum"][0],
        )
        for parts in (one["properties"] for one in relations["items"].get("anyOf", ()))
        if "enum" in parts["description"]
    ]


def _statements(section: str, listed: Sequence[str]) -> list[dict[str, Any]]:
    """Return sentences of a section, each as a relation between the first two names in it."""
    found: list[dict[str, Any]] = []
    for sentence in _SENTENCE.findall(section):
        words = _WORD.findall(sentence)
        names = [name for name in listed if name in sentence] if listed else words
        if len(dict.fromkeys(map(str.casefold, names))) > 1:
            found.append(_statement(sentence, names[0], names[1]))
    return found[:6]


def _statement(description: str, source: str, target: str) -> dict[str, Any]:
    return {
        "description": description,
        "source_entities": [source],
        "target_entities": [target],
        "strength": "moderate",
    }


def wanted_schema(body: dict[str, Any]) -> dict[str, Any] | None:
    """Return the JSON schema of a request, in the form of llama.cpp or of llama-cpp-python."""
    wanted = body.get("response_format", {})
    schema = wanted.get("schema") or wanted.get("json_schema", {}).get("schema")
    return schema if schema is None or "properties" in schema else None
