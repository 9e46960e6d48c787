"""Gold files that users bring: each published form becomes the same texts, names and pairs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from relgen_assets.domain_errors import SourceError
from relgen_assets.evaluation.gold import GoldPair
from relgen_assets.evaluation.gold_files import read_gold

TEXT = "The parser ( ParX ) feeds the ranker . Both beat HalX ."
SCIERC = {
    "doc_key": "D1",
    "clusters": [],
    "sentences": [
        ["The", "parser", "-LRB-", "ParX", "-RRB-", "feeds", "the", "ranker", "."],
        ["Both", "beat", "HalX", "."],
    ],
    "ner": [[[1, 1, "Method"], [3, 3, "Method"], [7, 7, "Method"]], [[11, 11, "Method"]]],
    "relations": [[[1, 1, 7, 7, "USED-FOR"], [1, 1, 3, 3, "CONJUNCTION"]], []],
}
SCIER = {
    "doc_id": "D1",
    "sentence": "The parser ( ParX ) feeds the ranker .",
    "ner": [["parser", "Method"], ["ParX", "Method"], ["ranker", "Method"]],
    "rel": [["parser", "Used-For", "ranker"], ["parser", "Synonym-Of", "ParX"]],
}
SENTENCE = {
    "text": "The parser -LRB- ParX -RRB- feeds the ranker .",
    "entities": [{"text": "parser", "type": None}, {"text": "ParX"}, {"text": "ranker"}],
    "relations": [
        {"source": "parser", "type": "USED-FOR", "target": "ranker"},
        {"source": "parser", "type": "CONJUNCTION", "target": "ParX"},
    ],
    "doc_id": "D1",
}
SCIREX = {
    "doc_id": "D1",
    "words": ["ParX", "parses", "TreeSet", ".", "HalX", "sleeps", ".", "ParX", "ends", "."],
    "sentences": [[0, 4], [4, 7], [7, 10]],
    "sections": [[0, 7], [7, 10]],
    "ner": [[0, 1, "Method"], [2, 3, "Material"], [4, 5, "Method"], [7, 8, "Method"]],
    "coref": {"ParX": [[0, 1], [7, 8]], "TreeSet": [[2, 3]], "HalX": [[4, 5]]},
    "n_ary_relations": [
        {"Method": "ParX", "Material": "TreeSet", "Task": "gone", "Metric": "gone", "score": "1"},
        {"Method": "HalX", "Material": "TreeSet", "Task": "gone", "Metric": "gone", "score": "2"},
    ],
    "method_subrelations": {},
}


def written(folder: Path, *rows: Any, name: str = "gold.jsonl") -> Path:
    path = folder / name
    path.write_text("\n".join(json.dumps(row) for row in rows) + "\n\n", encoding="utf-8")
    return path


@pytest.mark.parametrize("row", [SCIERC, SCIER, SENTENCE], ids=["scierc", "scier", "sentences"])
def test_one_sentence_in_three_forms_is_one_gold(tmp_path: Path, row: dict[str, Any]) -> None:
    gold = read_gold(written(tmp_path, row))[0]
    assert gold.text == "The parser ( ParX ) feeds the ranker ."
    assert gold.names == ("parser", "ParX", "ranker")
    assert gold.pairs == (
        GoldPair("parser", "ranker"),
        GoldPair("parser", "ParX", mutual=True),
    )
    assert (gold.document, gold.origin) == ("D1", "gold")


def test_a_document_of_scierc_is_one_text_for_each_sentence(tmp_path: Path) -> None:
    first, second = read_gold(written(tmp_path, SCIERC))
    assert (first.gold_id, second.gold_id) == ("gold#1.0", "gold#1.1")
    assert (second.text, second.names, second.pairs) == ("Both beat HalX .", ("HalX",), ())


def test_a_relation_of_scirex_relates_what_one_sentence_of_a_section_names(tmp_path: Path) -> None:
    first, second = read_gold(written(tmp_path, SCIREX))
    assert first.text == "ParX parses TreeSet . HalX sleeps ."
    assert first.names == ("ParX", "TreeSet", "HalX")
    assert first.pairs == (GoldPair("ParX", "TreeSet", mutual=True),)
    assert (second.names, second.pairs) == (("ParX",), ())


def test_sentences_without_a_document_are_documents_of_their_own(tmp_path: Path) -> None:
    row = {**SENTENCE, "doc_id": None}
    documents = [one.document for one in read_gold(written(tmp_path, row, row))]
    assert documents == ["gold#1", "gold#2"]


@pytest.mark.parametrize(
    ("row", "form", "said"),
    [
        ({"question": "?"}, None, "it has the keys question"),
        ({**SCIER, "rel": [["parser", "ranker"]]}, None, "line 2 cannot be read"),
        ({"ner": [], "rel": []}, "scier", "line 2 cannot be read in the form scier: it has no"),
        ({**SCIERC, "ner": [[[40, 41, "Method"]], []]}, None, "there are no words 40 to 42"),
        ({**SCIERC, "ner": []}, None, "line 2 cannot be read"),
        ([1], None, "it is not a JSON object"),
    ],
)
def test_what_is_no_gold_is_refused_with_its_line(
    tmp_path: Path, row: Any, form: str | None, said: str
) -> None:
    good = [] if "keys" in said else [{"scier": SCIER}.get(form or "", SCIERC)]
    if form is None and isinstance(row, dict) and "rel" in row:
        good = [SCIER]
    with pytest.raises(SourceError, match=said):
        read_gold(written(tmp_path, *good, row), form=form)


def test_a_file_without_texts_or_of_an_unknown_form_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="is empty"):
        read_gold(written(tmp_path))
    with pytest.raises(SourceError, match="cannot be read"):
        read_gold(tmp_path / "none.jsonl")
    with pytest.raises(SourceError, match="no such form") as refused:
        read_gold(written(tmp_path, SCIER), form="conll")
    assert "sentences, scier, scierc, scirex" in refused.value.remedy
