"""Row classes and Arrow tables: one definition of columns, nothing lost between the two."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from relgen_assets.rows.arrow import arrow_schema, from_table, to_table
from relgen_assets.rows.models import (
    Chunk,
    EntityGrounding,
    Extraction,
    Paper,
    Relation,
    RelationEvidence,
    Span,
    ValidatedExtraction,
)

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
RELATIONS = st.builds(
    Relation,
    description=TEXT,
    source_entities=st.lists(TEXT, max_size=3),
    target_entities=st.lists(TEXT, max_size=3),
    strength=st.sampled_from(["strong", "moderate", "weak", None]),
)
SPANS = st.builds(Span, start=st.integers(0, 9), end=st.integers(0, 9))
VERDICTS = st.builds(
    ValidatedExtraction,
    chunk_id=TEXT,
    paper_id=TEXT,
    verdict=st.sampled_from(["valid", "repaired", "rejected"]),
    reason=st.none() | TEXT,
    repairs=st.lists(TEXT, max_size=3),
    grounding=st.lists(
        st.builds(
            EntityGrounding,
            name=TEXT,
            answered=TEXT,
            status=st.sampled_from(["exact", "normalised", "fuzzy", "absent"]),
            differences=st.lists(TEXT, max_size=2),
            similarity=st.none() | st.floats(0, 100),
            mentions=st.lists(SPANS, max_size=2),
        ),
        max_size=2,
    ),
    evidence=st.lists(
        st.builds(
            RelationEvidence,
            sentences=st.lists(SPANS, max_size=2),
            support=st.floats(0, 1),
            polarity=st.sampled_from(["affirmed", "denied", None]),
            directed=st.booleans(),
            fault=st.none() | TEXT,
        ),
        max_size=2,
    ),
    extraction=st.none()
    | st.builds(
        Extraction,
        section_description=TEXT,
        list_of_entities=st.lists(TEXT, max_size=3),
        relations=st.lists(RELATIONS, max_size=3),
    ),
)


@given(rows=st.lists(VERDICTS, max_size=5))
def test_rows_come_back_from_a_table_unchanged(rows: list[ValidatedExtraction]) -> None:
    assert from_table(to_table(rows, ValidatedExtraction), ValidatedExtraction) == rows


def test_columns_have_types_nullability_and_descriptions() -> None:
    schema = arrow_schema(Paper)
    assert schema.field("section_names").type == pa.list_(pa.string())
    assert schema.field("reason").nullable
    assert not schema.field("article").nullable
    assert b"chunks refer to it" in schema.field("article").metadata[b"description"]


def test_a_table_with_a_foreign_column_is_refused() -> None:
    table = to_table([], Chunk).append_column("extra", pa.array([], pa.string()))
    filled = pa.table({name: [None] for name in table.column_names})
    with pytest.raises(ValidationError):
        from_table(filled, Chunk)


def test_a_table_from_before_rows_had_offsets_can_still_be_read() -> None:
    row = ValidatedExtraction(
        chunk_id="a#0000", paper_id="a", verdict="rejected", reason="not_json", repairs=[]
    )
    stored = to_table([row], ValidatedExtraction).drop_columns(["grounding", "evidence"])
    assert from_table(stored, ValidatedExtraction) == [row]
