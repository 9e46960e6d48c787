"""Terms of model families: what may be done with the answers of a model.

A licence of weights seldom says a word about answers; some forbid to improve other models with
them. The table holds families whose terms are public, each with their source. A project can add its
own or overrule these (`rights.models`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

Outputs = Literal["free", "conditional", "restricted", "unknown"]
"""Whether answers may train other models: freely, under conditions, not at all or not known."""


@dataclass(frozen=True, slots=True)
class ModelTerms:
    """What the terms of a family say of its answers.

    Attributes:
        family: Its name, for people.
        outputs: Whether answers may be published for training other models.
        terms: Name of the licence or terms.
        note: The condition or restriction in a few words; may be empty.
        url: Address of the terms; may be empty.
    """

    family: str
    outputs: Outputs
    terms: str
    note: str = ""
    url: str = ""


UNKNOWN_TERMS: Final = ModelTerms("unknown", "unknown", "unknown")
_APACHE: Final = ("free", "Apache-2.0", "", "https://www.apache.org/licenses/LICENSE-2.0")
_MIT: Final = ("free", "MIT", "", "https://spdx.org/licenses/MIT")
_LLAMA_NAME: Final = "a model trained on them bears `Llama` at the beginning of its name"
_NO_RIVALS: Final = "answers must not be used to develop models that compete with the provider's"


def _family(pattern: str, family: str, terms: tuple[Outputs, str, str, str]) -> _Row:
    outputs, name, note, url = terms
    return re.compile(pattern), ModelTerms(family, outputs, name, note, url)


_Row = tuple[re.Pattern[str], ModelTerms]
_FAMILIES: Final[Sequence[_Row]] = (
    # The first that matches counts, so that an exception stands before its family.
    _family(
        r"qwen-?2\.5[\w-]*?-3b|qwen2\.5-coder-3b",
        "Qwen2.5 3B",
        ("restricted", "Qwen Research License", "research and evaluation only", ""),
    ),
    _family(
        r"qwen-?2(?:\.5)?[\w-]*?-72b",
        "Qwen2 72B",
        ("conditional", "Qwen License", "a model trained on them says `Built with Qwen`", ""),
    ),
    _family(
        r"qwen-?1(?:\.5)?\b|^qwen-\d+b", "Qwen 1", ("unknown", "Tongyi Qianwen License", "", "")
    ),
    _family(r"qwen|qwq", "Qwen", _APACHE),
    _family(r"smollm|smolvlm", "SmolLM", _APACHE),
    _family(r"tinyllama", "TinyLlama", _APACHE),
    _family(
        r"deepseek-r1-distill-llama",
        "DeepSeek-R1 distilled into Llama",
        ("conditional", "MIT and Llama 3 licence", _LLAMA_NAME, ""),
    ),
    _family(r"deepseek-r1|deepseek-v3[.-](?:0324|1|2)", "DeepSeek", _MIT),
    _family(
        r"(?:code-?llama|llama-?2|vicuna|llama2|nous-hermes-llama-?2|wizardlm)",
        "Llama 2",
        (
            "restricted",
            "Llama 2 Community License",
            "answers must not improve other language models than Llama 2",
            "https://ai.meta.com/llama/license/",
        ),
    ),
    _family(
        r"llama-?(?:3[._][1-9]|4)",
        "Llama 3.1 and later",
        (
            "conditional",
            "Llama Community License",
            _LLAMA_NAME,
            "https://www.llama.com/llama3_1/license/",
        ),
    ),
    _family(
        r"llama-?3",
        "Llama 3",
        (
            "restricted",
            "Meta Llama 3 Community License",
            "answers must not improve other language models than Llama 3",
            "https://www.llama.com/llama3/license/",
        ),
    ),
    _family(
        r"gemma",
        "Gemma",
        (
            "conditional",
            "Gemma Terms of Use",
            "a model trained on them to perform like Gemma is under the same terms",
            "https://ai.google.dev/gemma/terms",
        ),
    ),
    _family(
        r"mistral-large|codestral|ministral-8b|pixtral-large",
        "Mistral, research models",
        ("restricted", "Mistral Research License", "not for commercial use", ""),
    ),
    _family(r"mistral|mixtral|zephyr-7b|ministral|magistral|devstral", "Mistral", _APACHE),
    _family(r"\bphi-?[2-4]", "Phi", _MIT),
    _family(r"gpt-oss", "gpt-oss", _APACHE),
    _family(r"olmo", "OLMo", _APACHE),
    _family(r"granite", "Granite", _APACHE),
    _family(r"glm-4\.[5-9]|glm-5", "GLM", _MIT),
    _family(
        r"command-r|command-a|\baya\b",
        "Cohere",
        ("restricted", "CC-BY-NC-4.0 with use policy", "not for commercial use", ""),
    ),
    _family(
        r"\bgpt-[345]|chatgpt|\bo[134](?:-mini|-preview)?\b",
        "OpenAI API",
        (
            "restricted",
            "OpenAI Terms of Use",
            _NO_RIVALS,
            "https://openai.com/policies/terms-of-use",
        ),
    ),
    _family(r"claude", "Claude", ("restricted", "Anthropic terms", _NO_RIVALS, "")),
    _family(r"gemini", "Gemini", ("restricted", "Gemini API terms", _NO_RIVALS, "")),
)


def terms_of(model: str, own: Sequence[tuple[str, ModelTerms]] = ()) -> ModelTerms:
    """Return the terms of the family that a model belongs to.

    Args:
        model: Name or file of the model, as its server tells it.
        own: The project's own terms as (part of the name, terms); they come first.
    """
    name = (
        model.replace("\\", "/").rsplit("/", 1)[-1].casefold().replace("_", "-").replace(" ", "-")
    )
    for part, terms in own:
        if part.casefold() in model.casefold():
            return terms
    return next((terms for pattern, terms in _FAMILIES if pattern.search(name)), UNKNOWN_TERMS)
