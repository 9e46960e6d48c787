"""Refusals: a model that speaks of itself, or apologises, instead of answering.

Phrases in which a model says "I" and that it will not or cannot; the text of an article that says
so is none, which the caller has to exclude.
"""

from __future__ import annotations

import re
from typing import Final

LOOKED_AT: Final = 600
"""A refusal comes at the beginning; what follows it may be anything."""

_NOT_ABLE = (
    r"(?:can(?:no|')?t|can not|(?:am|was) (?:not able|unable) to|won't|will not|do not|don't"
    r"|must decline to)"
)
_ASKED = (
    r"(?:assist|help|comply|fulfill?|provide|answer|generate|extract|process|complete|access|see"
    r"|have|do (?:that|this)|be able|create|perform|respond|continue|find|identify|engage|offer"
    r"|determine|browse)"
)
_PHRASES: Final = (
    # What the model is
    r"\bas an? (?:large )?(?:ai|artificial intelligence|language model|llm|assistant|chatbot)\b",
    r"\bi(?: am|'m) (?:just |only )?an? (?:large )?(?:ai|artificial|language model|text-based)\b",
    # Apologies
    r"\bi(?: am|'m) (?:so |very |really )?(?:sorry|afraid)\b",
    r"\b(?:my apologies|i (?:sincerely )?apologi[sz]e)\b",
    r"^\W*(?:sorry|unfortunately|regrettably),? (?:but )?(?:i|we|this request|the request|no)\b",
    # What it cannot, or will not
    rf"\bi {_NOT_ABLE} (?:\w+ ){{0,2}}?{_ASKED}\b",
    r"^\W*(?:not able|unable) to (?:assist|help|comply|fulfill?|process|provide|answer|complete)\b",
    r"\bnot possible for me to\b",
    # What it asks for instead
    r"\bplease (?:provide|share|paste|send|give) (?:me )?(?:with )?"
    r"(?:the|more|a|your|additional)\b",
    r"\bno (?:text|section|article|summary|input) (?:was|is|has been) (?:provided|given)\b",
    # The same in other languages that models fall into
    r"\b(?:es tut mir leid|als (?:ki|ein ki|sprachmodell)|ich kann (?:ihnen|dir|das|nicht|leider))",
    r"\b(?:lo siento|como (?:modelo de lenguaje|una ia|inteligencia))",
    r"\bno puedo (?:ayudar|proporcionar)",
    r"\b(?:je suis d\u00e9sol|d\u00e9sol\u00e9|en tant qu(?:e |')(?:ia|mod|intell)|je ne peux pas)",
    r"\b(?:mi dispiace|desculpe|sinto muito|como um modelo|come modello)",
    r"\u62b1\u6b49|\u5bf9\u4e0d\u8d77|\u5c0d\u4e0d\u8d77|\u6211\u65e0\u6cd5|\u6211\u4e0d\u80fd",
    r"\u4f5c\u4e3a(?:\u4e00\u4e2a|\u4e00\u540d)?(?:\u4eba\u5de5\u667a\u80fd|ai|\u8bed\u8a00\u6a21)",
    r"\u7533\u3057\u8a33|\u3059\u307f\u307e\u305b\u3093|\uc8c4\uc1a1",
    r"\u0438\u0437\u0432\u0438\u043d\u0438\u0442\u0435",
    r"\u044f \u043d\u0435 \u043c\u043e\u0433\u0443",
)
_REFUSAL: Final = re.compile("|".join(_PHRASES), re.IGNORECASE)


def is_refusal(passage: str) -> bool:
    """Return whether a passage begins as a refusal to answer."""
    plain = " ".join(passage[:LOOKED_AT].replace("\u2019", "'").split())
    return _REFUSAL.search(plain) is not None
