"""The worked examples of the bundled templates are about things that do not exist.

Their names in an answer are therefore a leak, whatever the article is about.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from relgen_assets.extraction.worked_examples import example_descriptions, example_names
from relgen_assets.prompts import PROMPT_TASKS, PromptTask, bundled_prompts
from relgen_assets.prompts.forms import STUDENT_TASKS
from relgen_assets.settings import SampleSource
from relgen_assets.sources.sample import SampleArticles

INVENTED = ("orrunmere", "velquorite", "tremmel", "sarnel", "quorl")
"""Words that no article has: one of them is in every name of an example."""


def answers(task: PromptTask) -> list[str]:
    """Return the answers of a template's worked examples."""
    turns = bundled_prompts().template(task).turns
    return [turn.content for turn in turns if turn.role == "assistant"]


@pytest.mark.parametrize("task", PROMPT_TASKS)
def test_every_name_and_sentence_of_an_example_has_an_invented_word(task: PromptTask) -> None:
    said = (*example_names(answers(task)), *example_descriptions(answers(task)))
    assert [one for one in said if not any(word in one.casefold() for word in INVENTED)] == []


def test_only_the_summary_is_asked_for_without_an_example() -> None:
    asked = (task for task in PROMPT_TASKS if task not in STUDENT_TASKS.values())
    assert [task for task in asked if not answers(task)] == ["summary"]


def test_no_bundled_article_has_an_invented_word() -> None:
    articles = SampleArticles(SampleSource(), state=Path()).read(0, 1_000)
    words = " ".join(f"{one.title} {one.abstract} {one.article}" for one in articles).casefold()
    assert len(words) > 10_000
    assert [word for word in INVENTED if word in words] == []
