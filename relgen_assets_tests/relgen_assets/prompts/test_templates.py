"""Which files are prompt templates: every slip is an error that names its line."""

from __future__ import annotations

import json
import textwrap

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relgen_assets.domain_errors import ConfigurationError
from relgen_assets.prompts import PROMPT_TASKS, PromptTask, bundled_prompts
from relgen_assets.prompts.forms import FORMS
from relgen_assets.prompts.prompt_set import read_template
from relgen_assets_tests.repository.tree import ROOT

QUESTION = "=== user ===\n{abstract}\n{section_names}\n"
EXAMPLE = {
    "section_description": "Otters.",
    "list_of_entities": ["otters"],
    "relations": [],
}
CHUNK = "=== user ===\n{summary} {text}\n"


def faults(text: str | bytes, task: PromptTask = "summary") -> str:
    """Return the error that a template is refused with."""
    data = text if isinstance(text, bytes) else text.encode()
    with pytest.raises(ConfigurationError) as refused:
        read_template(task, data)
    return str(refused.value)


@pytest.mark.parametrize("task", PROMPT_TASKS)
def test_bundled_templates_pass_the_check_they_are_for(task: PromptTask) -> None:
    template = bundled_prompts().template(task)
    assert read_template(task, template.text.encode()) == template


@pytest.mark.parametrize(
    "header",
    [
        "== system ===",
        "=== system ==",
        "=== system",
        "===system===",
        "=== System ===",
        "=== sytem ===",
        "  === system ===",
        "=== system === now",
        "=== note ===",
        "= system =",
        "--- system ---",
        "\u200b=== system ===",
        "\uff1d\uff1d\uff1d system \uff1d\uff1d\uff1d",
    ],
)
def test_a_line_that_was_meant_as_a_header_is_named(header: str) -> None:
    """Before this check, such a slip dropped the whole system prompt without a word."""
    found = faults(f"{header}\nYou summarise.\n{QUESTION}")
    assert "line 1: " in found
    assert "is not a header" in found
    assert "line 4: " in faults(f"{QUESTION}{header}\nYou summarise.\n")


@pytest.mark.parametrize(
    "line",
    ["==========", "== History ==", "## User guide", "a == b", "-----", "system: x", "- user"],
)
def test_other_lines_are_text(line: str) -> None:
    template = read_template(
        "summary", f"=== user ===\n{line}\n{{abstract}}{{section_names}}".encode()
    )
    assert line in template.turns[0].content


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        ("", 1, "there is no turn"),
        ("\n\nHello\n" + QUESTION, 3, "text before the first header"),
        ("=== system ===\n\n" + QUESTION, 1, "the system turn is empty"),
        ("=== system ===\nBe brief.\n", 1, "the last turn is system"),
        (QUESTION + "=== assistant ===\nDone.\n", 4, "the last turn is assistant"),
        ("=== user ===\nA\n=== system ===\nB\n" + QUESTION, 3, "has to be the first"),
        ("=== user ===\nA\n" + QUESTION, 3, "two user turns in a row"),
        ("=== assistant ===\nA\n" + QUESTION, 1, "answers a user turn"),
        ("=== user ===\n{abstract}\n", 1, "{section_names} is missing"),
        (QUESTION + "\n{abstrct}\n", 5, "did you mean {abstract}?"),
        (QUESTION + "{ABSTRACT}", 4, "did you mean {abstract}?"),
        (QUESTION + "{ title }", 4, "did you mean {title}?"),
        (QUESTION + "{text}", 4, "known here are {abstract}, {section_names}, {title}"),
        (QUESTION + "{{title}}", 4, "doubled braces: write {title}"),
        ("=== user ===\nA\n=== assistant ===\n{title}\n" + QUESTION, 4, "answers are fixed"),
        (QUESTION + "a\x00b", 4, "control character U+0000"),
        (b"\xef\xbb\xbf" + QUESTION.encode(), 1, "byte order mark"),
        (QUESTION.encode("utf-16"), 1, "UTF-16"),
        (QUESTION.encode() + "Caf\xe9".encode("latin-1"), 4, "byte 0xe9 is not UTF-8"),
    ],
)
def test_a_fault_is_named_with_its_line(text: str | bytes, line: int, what: str) -> None:
    found = faults(text)
    assert f"line {line}: " in found
    assert what in found


@pytest.mark.parametrize("token", ["<|im_end|>", "</s>", "[INST]"])
def test_a_control_token_is_told_with_its_line(token: str) -> None:
    found = faults(f"=== system ===\nYou summarise.\nThen {token} stop.\n{QUESTION}")
    assert f"line 3: {token} is a control token" in found


def test_all_faults_of_a_file_are_named_at_once() -> None:
    found = faults("=== system ===\n\n=== user ===\n{abstract} {titel}\n")
    assert [f"line {line}: " in found for line in (1, 3, 4)] == [True] * 3


def test_the_answer_of_an_example_has_to_be_an_extraction() -> None:
    def with_answer(answer: str) -> str:
        return f"=== user ===\nA\n=== assistant ===\n{answer}\n{CHUNK}"

    task: PromptTask = "extraction_schema"
    read_template(task, with_answer(json.dumps(EXAMPLE)).encode())
    read_template(task, with_answer(json.dumps(EXAMPLE, indent=2)).encode())
    assert "line 5: " in faults(with_answer('{\n"relations": nothing}'), task)
    assert "list_of_entities: Field required" in faults(with_answer("{}"), task)
    extra = json.dumps({**EXAMPLE, "entities": []})
    assert "entities: Extra inputs" in faults(with_answer(extra), task)
    assert "as JSON" in faults(with_answer("[" * 100_000), task)


def test_the_answer_of_an_example_of_a_verification_has_to_be_an_opinion() -> None:
    def with_answer(answer: str) -> str:
        return f"=== user ===\nA\n=== assistant ===\n{answer}\n=== user ===\n{{passage}} {{claim}}"

    task: PromptTask = "verification"
    read_template(task, with_answer('{"quote": "a", "stated": "no"}').encode())
    assert "has to be an opinion as JSON" in faults(with_answer('{"stated": "no"}'), task)
    assert "Input should be 'yes' or 'no'" in faults(
        with_answer('{"quote": "a", "stated": "maybe"}'), task
    )
    assert "{claim} is missing" in faults("=== user ===\n{passage}", task)


def test_the_example_of_a_first_pass_lists_names_and_nothing_else() -> None:
    task: PromptTask = "extraction_entities"

    def with_answer(answer: object) -> str:
        return f"=== user ===\nA\n=== assistant ===\n{json.dumps(answer)}\n{CHUNK}"

    read_template(task, with_answer({"list_of_entities": ["kelp"]}).encode())
    assert "has to be a list_of_entities as JSON" in faults(with_answer({}), task)
    assert "relations: Extra inputs" in faults(with_answer(EXAMPLE), task)


def test_all_other_braces_are_literal() -> None:
    literal = 'JSON {"a": {}, "b": [{1}]} and TeX \\frac{a}{b} x^{n} x_{max} {0} {a b}'
    template = read_template("summary", f"{QUESTION}{literal}".encode())
    filled = template.fill({"abstract": "{title}", "section_names": "S", "title": "T"})
    assert filled[0]["content"] == f"{{title}}\nS\n{literal}"


def test_line_ends_of_windows_change_neither_prompt_nor_version() -> None:
    unix = read_template("summary", f"=== system ===\nBe brief.\n{QUESTION}".encode())
    windows = read_template("summary", unix.text.replace("\n", "\r\n").encode())
    assert windows == unix
    assert read_template("summary", unix.text.rstrip().encode()) == unix
    assert windows.version == unix.version


def test_the_example_of_the_documentation_is_a_template() -> None:
    page = (ROOT / "docs" / "prompts.md").read_text(encoding="utf-8")
    block = page[page.index("    === system") :].partition("\n\n- ")[0]
    template = read_template("extraction_schema", textwrap.dedent(block).encode())
    assert [turn.role for turn in template.turns] == ["system", "user", "assistant", "user"]


PIECES = st.sampled_from(
    [
        *("=== system ===\n", "=== user ===\n", "=== assistant ===\n", "=== usr ===\n", "===\n"),
        *("{abstract}", "{section_names}", "{summary}", "{text}", "{candidates}", "{x}", "{{", "}"),
        *("\n", "\r\n", " ", "words", json.dumps(EXAMPLE), '{"a": 1}', "\ufeff", "\x00", "é"),
    ]
)
TEMPLATES = st.one_of(
    st.binary(max_size=60),
    st.text(max_size=60).map(lambda text: text.encode("utf-8", "surrogatepass")),
    st.lists(PIECES, max_size=14).map(lambda pieces: "".join(pieces).encode()),
    st.text(max_size=30).map(lambda text: (QUESTION + text).encode("utf-8", "surrogatepass")),
)


@given(TEMPLATES, st.sampled_from(PROMPT_TASKS))
def test_any_file_is_refused_with_its_faults_or_can_be_filled(
    data: bytes, task: PromptTask
) -> None:
    try:
        template = read_template(task, data)
    except ConfigurationError as refused:
        assert "line " in str(refused)
        return
    values = {name: f"<{name}>" for name in FORMS[task].placeholders}
    filled = template.fill(values)
    whole = "\n".join(message["content"] for message in filled)
    assert all(values[name] in whole for name in FORMS[task].required)
    assert all(message["content"] for message in filled)
    assert filled[-1]["role"] == "user"
    roles = [message["role"] for message in filled if message["role"] != "system"]
    assert roles == ["user", "assistant"] * (len(roles) // 2) + ["user"]
