"""What can name an entity, and what only points, tells or belongs to the document."""

from __future__ import annotations

import pytest

from relgen_assets.extraction.names import is_name, without_article

NAMES = [
    "sea otters", "K+", "H+", "C++", "NO", "WHO", "IT", "(R)-ketamine", "[18F]FDG", "(2+1)D",
    "poly ( i : c )", "in situ hybridization", "out-of-distribution detection", "method",
    "results", "5'-end", "p53", "3D", "self-attention", "The Cancer Genome Atlas", "β-carotene",
    "Labeled Faces in the Wild", "table tennis", "Figure skating", "off-policy learning",
    "He initialization", "HKU-IS", "US", "theory of mind",
    "key step assay", "natural language",
]  # fmt: skip
NOT_NAMES = [
    "", " ", "+", "2", "K", "12.5", "the", "and the", "it", "those", "latter", "@xmath0", "xcite",
    "FORMULA", "this method", "This high-level representation", "aims of this paper", "our model",
    "the latter", "such approaches", "paper", "Section 3", "Fig. 3", "Figure 2a", "Corollary 2.9",
    "Theorem IV", "Table", "Eq. (4)", "supplementary material",
    "iron was found in lakes", "model is trained", "under the same interpretation", "of the lake",
    "influence of", "elements and energy differences computed using density functional theory",
    "attention (the", "x" * 81, "crucial ingredient", "trees inferred", "Sec. 3",
]  # fmt: skip


@pytest.mark.parametrize("text", NAMES)
def test_what_names_something_is_a_name(text: str) -> None:
    assert is_name(text)


@pytest.mark.parametrize("text", NOT_NAMES)
def test_what_points_tells_or_is_cut_off_is_no_name(text: str) -> None:
    assert not is_name(text)


@pytest.mark.parametrize(
    ("name", "bare"),
    [
        ("the glacier surface", "glacier surface"),
        ("an otter", "otter"),
        ("The Cancer Genome Atlas", "The Cancer Genome Atlas"),
        ("a", "a"),
        ("theory", "theory"),
    ],
)
def test_a_small_article_before_a_name_belongs_to_the_sentence(name: str, bare: str) -> None:
    assert without_article(name) == bare
