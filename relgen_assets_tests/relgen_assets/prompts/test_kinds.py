"""Types in prompts: in their places, or added with what they ask for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from relgen_assets.prompts import bundled_prompts, load_prompts
from relgen_assets.rows.type_scheme import NamedType, TypeScheme

SCHEME = TypeScheme(
    entities=(NamedType("mineral", "What {beds} are made of."), NamedType("plant")),
    relations=(NamedType("feeds", "One thing lives of the other."),),
)
LISTED = "- mineral: What {beds} are made of.\n- plant"
PROMPTS = bundled_prompts()


def test_types_stand_behind_the_instructions_with_the_form_of_an_answer() -> None:
    plain = PROMPTS.extraction_messages("s", "t")
    typed = PROMPTS.extraction_messages("s", "t", scheme=SCHEME)
    added = typed[0]["content"].removeprefix(plain[0]["content"])
    assert 'is an object with "name" and "type", also where an example has names alone.' in added
    assert LISTED in added
    assert added.endswith("The types are:\n- feeds: One thing lives of the other.")
    assert typed[1:] == plain[1:]


def test_the_first_of_two_passes_is_told_the_types_and_lists_names() -> None:
    plain, typed = (
        PROMPTS.entity_messages("s", "t"),
        PROMPTS.entity_messages("s", "t", scheme=SCHEME),
    )
    assert typed[0]["content"] == (
        f"{plain[0]['content']}\nList only entities of these types:\n{LISTED}"
    )
    second = PROMPTS.extraction_messages("s", "t", entities=["a", "b"], scheme=SCHEME)
    assert LISTED in second[0]["content"]
    assert "- feeds" in second[0]["content"]


def test_what_a_chunk_is_only_repeated_with_has_no_types() -> None:
    choices: list[dict[str, Any]] = [{"candidates": ["a", "b"]}, {"quotes": ["a -> b: A does b."]}]
    for choice in choices:
        plain = PROMPTS.extraction_messages("s", "t", **choice)
        assert plain == PROMPTS.extraction_messages("s", "t", scheme=SCHEME, **choice)


def test_a_template_may_have_places_for_types_and_typed_examples(tmp_path: Path) -> None:
    (tmp_path / "extraction_schema.txt").write_text(
        "=== user ===\nOf {categories}:\n{entity_types}\n{relation_types}\n"
        "=== assistant ===\n"
        '{"section_description": "It is about moss.", "list_of_entities":'
        ' [{"name": "velquorite", "type": "mineral"}, {"name": "moss"}], "relations":'
        ' [{"description": "Velquorite feeds moss.", "source_entities": ["velquorite"],'
        ' "target_entities": ["moss"], "type": "feeds", "strength": "strong"}]}\n'
        "=== user ===\n{summary} {text}\n"
    )
    own = load_prompts(tmp_path)
    first, _, last = own.extraction_messages("s", "t", scheme=SCHEME)
    assert first["content"] == (
        f"Of mineral; plant:\n{LISTED}\n- feeds: One thing lives of the other."
    )
    assert last["content"] == "s t"
    assert own.extraction_messages("s", "t")[0]["content"] == "Of any:\nany\nany"


def test_relations_alone_may_have_types() -> None:
    scheme = TypeScheme(relations=SCHEME.relations)
    plain = PROMPTS.extraction_messages("s", "t")[0]["content"]
    added = PROMPTS.extraction_messages("s", "t", scheme=scheme)[0]["content"].removeprefix(plain)
    assert added.startswith("\nState only relations of the types below.")
    assert '"name"' not in added
    assert PROMPTS.entity_messages("s", "t", scheme=scheme) == PROMPTS.entity_messages("s", "t")
