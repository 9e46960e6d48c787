"""Types of entities and relations in the settings: distinct, bounded, and only where asked for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from relgen_assets.domain_errors import ConfigurationError
from relgen_assets.rows.type_scheme import NamedType, TypeScheme
from relgen_assets.settings import Settings, load_settings
from relgen_assets.settings.type_sections import MOST_TYPES

POOL = {"endpoints": [{"name": "gpu", "url": "http://10.0.0.5:8080"}]}
TOML = """
[extractions]
mode = "two_pass"

[[extractions.entity_types]]
name = "drug"
description = "A substance given to patients."

[[extractions.entity_types]]
name = "enzyme"

[[extractions.relation_types]]
name = "inhibits"
description = "The source lowers the activity of the target."
"""


def loaded(folder: Path, **extractions: Any) -> Settings:
    return load_settings(folder, {"pool": POOL, "extractions": extractions})


def refusal(folder: Path, **extractions: Any) -> str:
    with pytest.raises(ConfigurationError) as caught:
        loaded(folder, **extractions)
    return str(caught.value)


def named(*names: str) -> list[dict[str, str]]:
    return [{"name": name} for name in names]


def test_types_have_names_and_descriptions_and_are_part_of_the_policy(tmp_path: Path) -> None:
    (tmp_path / "relgen.toml").write_text(TOML)
    settings = load_settings(tmp_path)
    assert settings.extractions.scheme == TypeScheme(
        (NamedType("drug", "A substance given to patients."), NamedType("enzyme")),
        (NamedType("inhibits", "The source lowers the activity of the target."),),
    )
    assert settings.judging_policy.entity_types == ("drug", "enzyme")
    assert settings.judging_policy.relation_types == ("inhibits",)


def test_types_can_come_from_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RELGEN_EXTRACTIONS__ENTITY_TYPES", '[{"name": "drug"}]')
    monkeypatch.setenv("RELGEN_EXTRACTIONS__MODE", "schema")
    assert load_settings(tmp_path).extractions.scheme.entity_names == ("drug",)


def test_without_types_there_is_no_scheme(tmp_path: Path) -> None:
    settings = load_settings(tmp_path)
    assert not settings.extractions.scheme
    assert settings.judging_policy.entity_types == settings.judging_policy.relation_types == ()


@pytest.mark.parametrize(
    ("types", "complaint"),
    [
        (named("drug", "drug"), "'drug' and 'drug'"),
        (named("part of", "Part_Of"), "'part of' and 'Part_Of'"),
        (named("++"), "neither a letter nor a digit"),
        (named(""), "at least 1 character"),
        (named("x" * 61), "at most 60 characters"),
        (named('a "b"'), "extractions.entity_types.0.name (of 'a \"b\"')"),
        (named("a\nb"), "extractions.entity_types.0.name"),
        (named(" a"), "extractions.entity_types.0.name"),
        ([{"name": "a", "description": "x" * 301}], "at most 300 characters"),
        ([{"name": "a", "meaning": "x"}], "accepted here: description, name"),
        ([{"description": "x"}], "extractions.entity_types.0.name: Field required"),
        (named(*(f"type {number}" for number in range(MOST_TYPES + 1))), "at most 50 items"),
    ],
)
def test_types_that_cannot_be_told_apart_or_asked_for_are_refused(
    types: list[dict[str, str]], complaint: str, tmp_path: Path
) -> None:
    assert complaint in refusal(tmp_path, entity_types=types)
    of_relations = complaint.replace("entity_types", "relation_types")
    assert of_relations in refusal(tmp_path, relation_types=types)


@pytest.mark.parametrize("mode", ["candidates", "quote"])
@pytest.mark.parametrize("kind", ["entity_types", "relation_types"])
def test_a_mode_that_only_repeats_the_chunk_has_no_types(
    mode: str, kind: str, tmp_path: Path
) -> None:
    said = refusal(tmp_path, mode=mode, **{kind: named("drug")})
    assert "need the mode schema or two_pass" in said
    assert f"in the mode {mode} answers only repeat" in said


def test_the_embedded_model_is_asked_for_types_only_on_demand(tmp_path: Path) -> None:
    types: dict[str, Any] = {"extractions": {"entity_types": named("drug")}}
    with pytest.raises(ConfigurationError, match="in the mode auto, which is quote here") as caught:
        load_settings(tmp_path, types)
    assert "\n  Value error, extractions: entity_types" in str(caught.value)
    types["extractions"] |= {"mode": "schema"}
    assert load_settings(tmp_path, types).extractions.mode_for(embedded=True) == "schema"


def test_a_run_that_would_leave_the_typed_modes_is_refused(tmp_path: Path) -> None:
    own = loaded(tmp_path, entity_types=named("drug")).extractions
    assert own.mode_for(embedded=False) == "schema"
    with pytest.raises(ConfigurationError, match="need the mode schema or two_pass"):
        own.mode_for(embedded=True)
    with pytest.raises(ConfigurationError, match="need the mode schema or two_pass"):
        own.model_copy(update={"mode": "quote"}).mode_for(embedded=False)


def test_entities_are_sorted_by_categories_or_by_types(tmp_path: Path) -> None:
    said = refusal(tmp_path, categories=["minerals"], entity_types=named("drug"))
    assert "entity_types are categories that answers say" in said
    loaded(tmp_path, categories=["minerals"], relation_types=named("inhibits"))


def test_an_answer_has_room_for_its_types(tmp_path: Path) -> None:
    plain = loaded(tmp_path).extractions.bounds("schema")
    typed = loaded(tmp_path, entity_types=named("drug"), relation_types=named("inhibits"))
    assert typed.extractions.bounds("schema").tokens == plain.tokens + 10 * (12 + 8)
    limited = loaded(tmp_path, max_tokens=500, entity_types=named("drug"))
    assert limited.extractions.bounds("schema").tokens == 500
