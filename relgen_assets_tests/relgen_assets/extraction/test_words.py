"""Words of any script: where names stand in a text, and where they do not."""

# ruff: noqa: RUF001  letters of other scripts are meant

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relgen_assets.extraction.grounding import GroundedText
from relgen_assets.extraction.identity import identity
from relgen_assets.extraction.languages import is_english

CHINESE = "量子力学是描述微观粒子行为的物理理论，我们使用BERT模型和CO2。"
JAPANESE = "日本の首都である東京では、トランスフォーマーを使う。"
THAI = "กรุงเทพมหานครเป็นเมืองหลวงของประเทศไทย"
KOREAN = "서울은 대한민국의 수도이다. BERT는 세포들에서는 단백질이 모델이다."
HINDI = "हिन्दी भारत की भाषा है, प्रोटीन कोशिका में।"
ARABIC = "مُحَمَّدٌ رَسُولُ البروتين"
INVISIBLE = "the trans\u00adformer, pro\u200bteins and BERT\u200b of \u2060RNA\ufeff"
MINUS = "at \u221220 °C, CD25\u2212 cells and TNF\u2212α"
ESCAPED = "R&amp;D of AT&amp;T by Schr&ouml;dinger &#38; &lt;b&gt;"


@pytest.mark.parametrize(
    ("text", "names"),
    [
        (CHINESE, ["量子力学", "微观粒子", "物理理论", "BERT", "bert", "BERT模型", "CO2"]),
        (JAPANESE, ["東京", "首都", "トランスフォーマー"]),
        (THAI, ["กรุงเทพมหานคร", "เมืองหลวง", "ประเทศไทย"]),
        (KOREAN, ["서울", "대한민국", "수도", "BERT", "세포", "단백질", "모델"]),
        (HINDI, ["हिन्दी", "भाषा", "प्रोटीन", "कोशिका"]),
        (ARABIC, ["محمد", "رسول", "مُحَمَّدٌ", "البروتين"]),
        (INVISIBLE, ["transformer", "Transformers", "protein", "proteins", "BERT", "RNA"]),
        (MINUS, ["-20 °C", "CD25- cells", "CD25\u2212", "TNF-α"]),
        (ESCAPED, ["R&D", "AT&T", "Schrödinger", "R&amp;D"]),
    ],
)
def test_names_that_stand_in_a_text_are_found(text: str, names: list[str]) -> None:
    grounded = GroundedText(text)
    assert [name for name in names if grounded.ground(name) is None] == []
    for name in names:
        aligned = grounded.align(name)
        assert all(text[start:end] == aligned.spelling for start, end in aligned.mentions)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        (CHINESE, ["经典力学", "BER", "ERT模型"]),
        (JAPANESE, ["京都", "がくせい"]),
        (KOREAN, ["서울특별시", "BER", "단백"]),
        (HINDI, ["प्रोट", "हिन्द", "कोश"]),
        ("ขาวและแดง", ["ข้าว"]),
        (INVISIBLE, ["former", "teins"]),
        (MINUS, ["CD25"]),
    ],
)
def test_parts_of_words_and_other_words_are_not(text: str, names: list[str]) -> None:
    grounded = GroundedText(text)
    assert [name for name in names if grounded.ground(name) is not None] == []


@given(st.text("量子力学描述微观粒东京日本กรุงเทพ", min_size=2, max_size=8), st.data())
def test_any_run_of_a_script_without_spaces_is_found_inside_longer_ones(
    name: str, data: st.DataObject
) -> None:
    around = st.text("量子力学描述微观粒东京日本の", max_size=8)
    name = name.lstrip("".join(c for c in name if unicodedata.combining(c)))
    text = f"{data.draw(around)}{name}{data.draw(around)}"
    if len(name) > 1 and name[0].isalpha():
        assert GroundedText(text).ground(name) == name


@given(st.from_regex(r"[a-zé]{3,9}", fullmatch=True), st.sampled_from("\u00ad\u200b\u2060\ufeff"))
def test_invisible_characters_change_no_name(word: str, invisible: str) -> None:
    spelled = f"{word[:2]}{invisible}{word[2:]}"
    assert identity(spelled) == identity(word)
    text = f"of {spelled} here"
    if GroundedText(f"of {word} here").ground(word):
        assert GroundedText(text).ground(word) == spelled


@given(st.text(min_size=1), st.text(min_size=1, max_size=20))
def test_what_is_found_is_a_piece_of_the_text(text: str, name: str) -> None:
    for start, end in GroundedText(text).mentions(name):
        assert (
            identity(text[start:end]) == identity(name) or text[start:end].split() == name.split()
        )


@pytest.mark.parametrize("form", ["NFC", "NFD", "NFKC", "NFKD"])
@pytest.mark.parametrize("text", [CHINESE, JAPANESE, THAI, KOREAN, HINDI, ARABIC])
def test_all_forms_of_unicode_have_one_identity(form: str, text: str) -> None:
    for word in text.split():
        plain = word.strip(".,，。、।")
        assert identity(unicodedata.normalize(form, plain)) == identity(plain)  # type: ignore[arg-type]


@pytest.mark.parametrize("text", [CHINESE, JAPANESE, THAI, KOREAN, HINDI, ARABIC])
def test_only_english_is_read_by_the_tagger(text: str) -> None:
    assert not is_english(text * 5)
    assert not is_english("Die Zelle ist der kleinste Teil und wird von der Membran umgeben, die")
    assert is_english("The cell is the smallest part and is surrounded by the membrane")
    assert is_english("ATP + H2O = ADP + Pi, Schrödinger")
