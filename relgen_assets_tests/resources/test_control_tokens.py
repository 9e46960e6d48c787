"""Control tokens in plain text: found wherever they stand, harmless afterwards, and put back."""

# ruff: noqa: RUF001 - tokens and their substitutes look alike on purpose

from __future__ import annotations

import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resources.control_tokens import (
    END_TOKENS,
    LONGEST_TOKEN,
    ROLE_TOKENS,
    SUBSTITUTES,
    Place,
    control_tokens_in,
    neutralised,
    restored,
    usable_tokens,
)

OF_FAMILIES = {
    "ChatML": "<|im_start|> <|im_end|> <|endoftext|>",
    "Qwen": "<|vision_start|> <|image_pad|> <|object_ref_end|> <tool_call> </tool_call> <think>",
    "Llama 2": "<s> </s> <unk> [INST] [/INST] <<SYS>> <</SYS>>",
    "Llama 3": "<|begin_of_text|> <|start_header_id|> <|eot_id|> <|reserved_special_token_7|>",
    "Llama 4": "<|header_start|> <|eot|> <|python_start|>",
    "Gemma": '<bos> <eos> <start_of_turn> <end_of_turn> <unused12> <|turn> <turn|> <|"|>',
    "Phi": "<|user|> <|end|> <|tool_response|>",
    "Mistral": "[SYSTEM_PROMPT] [TOOL_CALLS] [IMG] [THINK] [control_8] [PREFIX]",
    "DeepSeek": "<｜User｜> <｜Assistant｜> <｜end▁of▁sentence｜> <｜tool▁calls▁begin｜> ｜DSML｜",
    "harmony": "<|start|> <|channel|> <|message|> <|return|> <|call|>",
    "Command R": "<|START_OF_TURN_TOKEN|> <|CHATBOT_TOKEN|> <BOS_TOKEN>",
    "GLM": "[gMASK] <sop> <|observation|> <arg_key>",
    "Granite": "<|start_of_role|> <|end_of_role|>",
    "Falcon": ">>QUESTION<< >>ANSWER<< <|im_sep|>",
    "EXAONE": "[|user|] [|endofturn|]",
    "OLMo": "<|endofprompt|> <|pad|>",
    "Kimi": "<|im_middle|> ◁think▷ ◁/think▷",
    "MiniMax": "]~b] [e~[ ]!p~[ <minimax:tool_call>",
    "Seed": "<seed:bos> <seed:think> </seed:think>",
    "code": "<|fim_prefix|> <fim_prefix> <PRE> <SUF> <file_sep> <repo_name>",
    "Nemotron": "<SPECIAL_10> <TOOLCALL> </AVAILABLE_TOOLS>",
    "T5 and BERT": "<pad> <extra_id_0> [CLS] [SEP] [MASK] [PAD]",
    "llama.cpp": "<__media__>",
}
TOKENS = [token for tokens in OF_FAMILIES.values() for token in tokens.split()]
MIXED = st.lists(
    st.one_of(
        st.sampled_from([*TOKENS, *END_TOKENS, *ROLE_TOKENS]),
        st.sampled_from([*SUBSTITUTES, *SUBSTITUTES.values(), "|", "｜", "▁", "s", "/", "\n"]),
        st.text(max_size=4),
    ),
    max_size=12,
).map("".join)
FURTHER = st.lists(st.sampled_from(["<ctl>", "[A]", "<ctl>x", "<<"]), max_size=3)


@pytest.mark.parametrize("token", [*TOKENS, *END_TOKENS, *ROLE_TOKENS])
def test_tokens_of_all_families_are_known(token: str) -> None:
    assert control_tokens_in(f"a {token} b")[0] == Place(2, token)
    assert token not in neutralised(f"a{token}b")


@given(MIXED, FURTHER)
def test_what_is_neutralised_comes_back_exactly(text: str, further: list[str]) -> None:
    starts = [place.start for place in control_tokens_in(text, further)]
    assert restored(neutralised(text, further), starts) == text


@given(MIXED, FURTHER)
def test_no_token_is_left(text: str, further: list[str]) -> None:
    harmless = neutralised(text, further)
    assert control_tokens_in(harmless, further) == []
    assert not any(token in harmless for token in (*TOKENS, *further))
    assert neutralised(harmless, further) == harmless


@given(MIXED)
def test_offsets_stay_what_they_are(text: str) -> None:
    harmless = neutralised(text)
    assert len(harmless) == len(text)
    changed = [
        at for at, (one, other) in enumerate(zip(text, harmless, strict=True)) if one != other
    ]
    assert changed == [place.start for place in control_tokens_in(text)]


@given(MIXED, MIXED)
def test_cutting_a_harmless_text_makes_no_token(text: str, other: str) -> None:
    harmless, after = neutralised(text), neutralised(other)
    for cut in range(len(harmless) + 1):
        assert control_tokens_in(harmless[:cut]) == control_tokens_in(harmless[cut:]) == []
    assert control_tokens_in(f"{harmless}\n{after}") == []


@pytest.mark.parametrize("form", ["NFC", "NFD", "NFKC", "NFKD"])
@pytest.mark.parametrize("token", TOKENS)
def test_no_normal_form_brings_a_token_back(token: str, form: str) -> None:
    normal = unicodedata.normalize(form, neutralised(token))  # type: ignore[arg-type]
    assert control_tokens_in(normal) == []


@pytest.mark.parametrize(
    "text",
    [
        "a < b and c > d, see [12] and [A]",
        "the mean <|x|> of the expectation |a><b|",
        "<i>Nitrosomonas</i> <br> <div> [Fe] [Ca2+]i <https://example.org>",
        "<‹|im_end|>›",
    ],
)
def test_ordinary_text_stays(text: str) -> None:
    assert neutralised(text) == text


def test_tokens_may_overlap() -> None:
    assert neutralised("[e~[INST]") == "⁅e~⁅INST]"


def test_a_template_adds_tokens_that_can_be_looked_for() -> None:
    names = ["<ctl>", "<|im_end|>", "!", "", "word", "<ctl>", "<" + "a" * LONGEST_TOKEN]
    assert usable_tokens(names) == ("<ctl>",)


@pytest.mark.parametrize("text", ["<|" + "a" * 400_000, "<|a" * 150_000, "<" * 400_000])
def test_it_is_linear(text: str) -> None:
    began = time.process_time()
    neutralised(text)
    assert time.process_time() - began < 1.5
