"""What gives verdicts: the rules themselves, or what remembers what they said."""

from __future__ import annotations

from typing import Protocol

from relgen_assets.extraction.judgement import Judgement
from relgen_assets.extraction.policy import DEFAULT_POLICY, JudgingPolicy
from relgen_assets.extraction.sent_prompt import NO_PROMPT, SentPrompt


class Judge(Protocol):
    """Gives the verdict on an answer, as `judge.judge` does."""

    def __call__(
        self,
        answer: str,
        text: str,
        *,
        finish_reason: str = "stop",
        prompt: SentPrompt = NO_PROMPT,
        policy: JudgingPolicy = DEFAULT_POLICY,
    ) -> Judgement:
        """Return the verdict on an answer about a text."""
