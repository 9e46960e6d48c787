"""Names of models, as servers tell them, say size and quantisation by custom."""

from __future__ import annotations

import pytest

from relgen_assets.export.model_names import quantisation, size


@pytest.mark.parametrize(
    ("model", "parameters", "weights"),
    [
        ("qwen2.5-1.5b-instruct-q4_k_m.gguf", "1.5B", "Q4_K_M"),
        ("SmolLM2-135M-Instruct-Q8_0.gguf", "135M", "Q8_0"),
        ("Mixtral-8x7B-Instruct-v0.1-IQ3_XS.gguf", "8X7B", "IQ3_XS"),
        ("/models/llama-3.1-8b/Llama-3.1-8B-BF16-00001-of-00002.gguf", "8B", "BF16"),
        ("Qwen/Qwen2.5-7B-Instruct-AWQ", "7B", "AWQ"),
        ("gpt-oss-20b-mxfp4", "20B", "MXFP4"),
        ("phi-4-4bit", "", "4BIT"),
        ("qwen2.5:7b", "7B", ""),
        ("extractor", "", ""),
        ("", "", ""),
    ],
)
def test_what_a_name_says(model: str, parameters: str, weights: str) -> None:
    assert (size(model), quantisation(model)) == (parameters, weights)
