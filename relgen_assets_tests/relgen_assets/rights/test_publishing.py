"""Publishing: a row may be published if its article's licence and its models' terms allow it."""

import pytest

from relgen_assets.rights.model_terms import ModelTerms, terms_of
from relgen_assets.rights.publishing import EVERYTHING_KNOWN, Policy, publishability

FREE = "SmolLM2-135M-Instruct-Q4_1.gguf"


@pytest.mark.parametrize(
    ("model", "family", "outputs"),
    [
        (FREE, "SmolLM", "free"),
        ("models/qwen2.5-coder-1.5b-instruct-q4_k_m.gguf", "Qwen", "free"),
        ("Qwen/Qwen2.5-3B-Instruct", "Qwen2.5 3B", "restricted"),
        ("qwen2.5-coder-3b-instruct", "Qwen2.5 3B", "restricted"),
        ("Qwen2.5-32B-Instruct", "Qwen", "free"),
        ("Qwen2.5-72B-Instruct-AWQ", "Qwen2 72B", "conditional"),
        ("llama-2-13b-chat.Q4_K_M.gguf", "Llama 2", "restricted"),
        ("vicuna-13b-v1.5", "Llama 2", "restricted"),
        ("Meta-Llama-3-8B-Instruct", "Llama 3", "restricted"),
        ("Meta-Llama-3.1-70B-Instruct", "Llama 3.1 and later", "conditional"),
        ("llama3.2:3b", "Llama 3.1 and later", "conditional"),
        ("DeepSeek-R1-Distill-Llama-8B", "DeepSeek-R1 distilled into Llama", "conditional"),
        ("DeepSeek-R1-Distill-Qwen-7B", "Qwen", "free"),
        ("Mistral-7B-Instruct-v0.3", "Mistral", "free"),
        ("Mistral-Large-Instruct-2411", "Mistral, research models", "restricted"),
        ("gpt-4o-mini", "OpenAI API", "restricted"),
        ("gpt-oss-20b", "gpt-oss", "free"),
        ("gemma-2-9b-it", "Gemma", "conditional"),
        (r"C:\models\Phi-3.5-mini-instruct-Q4_K_M.gguf", "Phi", "free"),
        ("my-own-model", "unknown", "unknown"),
        ("", "unknown", "unknown"),
    ],
)
def test_the_terms_of_a_model_are_those_of_its_family(
    model: str, family: str, outputs: str
) -> None:
    terms = terms_of(model)
    assert (terms.family, terms.outputs) == (family, outputs)


def test_the_terms_of_the_project_come_first() -> None:
    own = ModelTerms("house", "free", "our contract")
    assert terms_of("gpt-4o-mini", [("GPT-4o", own)]) is own
    assert terms_of("gpt-3.5-turbo", [("GPT-4o", own)]) is not own


@pytest.mark.parametrize(
    ("licence", "models", "reason"),
    [
        ("", [FREE], "the licence of the article is unknown"),
        ("open access", [FREE], "the licence of the article is unknown"),
        ("CC BY-ND 4.0", [FREE], "licence cc-by-nd-4.0 allows no changed copies"),
        ("CC BY-NC 4.0", [FREE], "licence cc-by-nc-4.0 allows no commercial use"),
        ("CC BY 4.0", [FREE, "my-own-model"], "the terms of the model are unknown"),
        ("CC0", ["llama-2-7b"], "answers must not improve other language models than Llama 2"),
    ],
)
def test_a_row_is_held_back_with_the_reason(licence: str, models: list[str], reason: str) -> None:
    found = publishability(licence, models, EVERYTHING_KNOWN)
    assert not found.allowed
    assert reason in found.reason


def test_a_row_with_known_rights_is_published() -> None:
    found = publishability("CC BY 4.0", [FREE, FREE], EVERYTHING_KNOWN)
    assert found.allowed
    assert found.reason == "licence cc-by-4.0 allows it"


@pytest.mark.parametrize(
    ("policy", "licence", "model"),
    [
        (Policy(unknown=True), "", "my-own-model"),
        (Policy(not_commercial=True), "CC BY-NC 4.0", FREE),
        (
            Policy(own_terms=(("my-own", ModelTerms("ours", "free", "ours")),)),
            "CC0",
            "my-own-model",
        ),
    ],
)
def test_a_project_may_decide_on_what_is_not_plain(
    policy: Policy, licence: str, model: str
) -> None:
    assert not publishability(licence, [model], EVERYTHING_KNOWN).allowed
    assert publishability(licence, [model], policy).allowed


def test_no_setting_publishes_what_a_licence_forbids() -> None:
    policy = Policy(unknown=True, not_commercial=True)
    assert not publishability("CC BY-NC-ND 4.0", [FREE], policy).allowed
    assert not publishability("CC0", ["gpt-4o"], policy).allowed
