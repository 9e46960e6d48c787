"""What the UI shows of a row first, and where it says its columns come from."""

from __future__ import annotations

import pytest

from relgen_assets.export.examples import FullExample
from relgen_assets.rows.asset_tables import STORED_TABLES
from relgen_assets.rows.column_sources import COLUMN_SOURCES
from relgen_assets.rows.models import (
    ChatMessage,
    Extraction,
    RawExtraction,
    Relation,
    RelationEvidence,
    Span,
    TableRow,
    ValidatedExtraction,
)
from relgen_assets.rows.previews import LONGEST, column_of, preview_values

ROWS: dict[str, type[TableRow]] = {
    **{table.asset: table.row for table in STORED_TABLES},
    "hf_dataset": FullExample,
}
EXTRACTION = Extraction(
    section_description="About corals.",
    list_of_entities=["corals", "algae"],
    relations=[
        Relation(
            description="Corals host algae.",
            source_entities=["corals"],
            target_entities=["algae"],
            strength="strong",
        )
    ],
)


def answered(text: str) -> RawExtraction:
    return RawExtraction(
        chunk_id="a#0000",
        paper_id="a",
        mode="schema",
        candidates=[],
        status="completed",
        prompt_version="v",
        messages=[ChatMessage(role="system", content="You extract entities.")],
        text=text,
        finish_reason="stop",
        model="m",
        endpoint="gpu-0",
        prompt_tokens=1,
        completion_tokens=1,
        seconds=0.1,
        attempt=1,
        key="k",
    )


def test_a_verdict_begins_with_its_entities_and_relations() -> None:
    evidence = RelationEvidence(
        sentences=[Span(start=3, end=40)], support=0.75, polarity="denied", directed=True
    )
    row = ValidatedExtraction(
        chunk_id="a#0000",
        paper_id="a",
        verdict="valid",
        repairs=[],
        extraction=EXTRACTION,
        evidence=[evidence, evidence.model_copy(update={"fault": "reversed"})],
    )
    shown = preview_values(row)
    assert list(shown)[:3] == ["list_of_entities", "relations", "verdict"]
    assert shown["list_of_entities"] == "corals; algae"
    assert shown["relations"] == "corals → algae (strong)"
    assert shown["evidence"] == "denied at 3-40 (75%); reversed at 3-40 (75%)"


def test_a_rejected_answer_has_a_reason_and_nothing_else() -> None:
    row = ValidatedExtraction(
        chunk_id="a#0000", paper_id="a", verdict="rejected", reason="not_json", repairs=[]
    )
    shown = preview_values(row)
    assert (shown["list_of_entities"], shown["reason"]) == (None, "not_json")


def test_an_answer_is_shown_and_not_its_system_prompt() -> None:
    shown = preview_values(answered('{"list_of_entities": []}'))
    assert next(iter(shown.values())) == '{"list_of_entities": []}'
    assert "You extract entities." not in str(shown)


def test_a_long_value_is_cut() -> None:
    text = preview_values(answered("x" * 1_000))["text"]
    assert isinstance(text, str)
    assert len(text) == LONGEST + 1


@pytest.mark.parametrize("asset", ROWS)
def test_every_table_has_a_preview_of_its_own_columns(asset: str) -> None:
    row = ROWS[asset]
    assert row.preview
    assert {column_of(path)[1] for path in row.preview} <= set(row.model_fields)


@pytest.mark.parametrize("asset", ROWS)
def test_columns_come_from_columns_that_exist(asset: str) -> None:
    sources = COLUMN_SOURCES[ROWS[asset].__name__]
    assert set(sources) <= set(ROWS[asset].model_fields)
    for others in sources.values():
        assert all(column in ROWS[other].model_fields for other, column in others)


def test_every_column_of_an_example_comes_from_somewhere() -> None:
    assert set(COLUMN_SOURCES["FullExample"]) == set(FullExample.model_fields)
