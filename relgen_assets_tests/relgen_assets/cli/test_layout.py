"""Listings, facts and texts at several widths: nothing is cut, folded or left out."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from relgen_assets.cli.layout import Line, print_facts, print_listing, say, write, write_text

HEADINGS = ("batch", "articles", "state")
LINES = [
    Line(("a-00000", "20", "done"), [("rejected", "not_json 12, no_relations 3"), ("empty", "")]),
    Line(("a-00001", "1,000", "")),
]
LONG = Line(("a" * 70, "20", "done"), [("fault", "a word and " * 12 + "the end")])


def console(width: int | None) -> Console:
    """Return a console on a terminal of this width, or on a pipe."""
    return Console(
        file=io.StringIO(), force_terminal=width is not None, width=width, color_system=None
    )


def printed(on: Console) -> list[str]:
    assert isinstance(on.file, io.StringIO)
    return on.file.getvalue().splitlines()


@pytest.mark.parametrize("width", [60, 80, None])
def test_what_fits_is_in_columns_with_details_below(width: int | None) -> None:
    out = console(width)
    print_listing(out, HEADINGS, LINES, left=("state",))
    assert printed(out) == [
        "batch    articles  state",
        "a-00000        20  done",
        "    rejected: not_json 12, no_relations 3",
        "a-00001     1,000",
    ]


def test_what_does_not_fit_a_terminal_has_its_name_on_a_line_of_its_own() -> None:
    out = console(80)
    print_listing(out, HEADINGS, [LONG])
    lines = printed(out)
    assert lines[:2] == ["a" * 70, "    articles 20; state done"]
    assert all(len(line) <= 80 for line in lines)
    assert " ".join(" ".join(lines).split()).endswith("fault: " + "a word and " * 12 + "the end")


def test_a_pipe_gets_one_whole_line_for_each_thing_and_each_detail() -> None:
    out = console(None)
    print_listing(out, HEADINGS, [LONG])
    assert printed(out)[1:] == [
        "a" * 70 + "        20   done",
        "    fault: " + "a word and " * 12 + "the end",
    ]


def test_values_are_never_parted_from_their_names() -> None:
    out = console(30)
    print_listing(out, ("name", "tokens read", "tokens written"), [Line(("x" * 20, "1", "2"))])
    assert printed(out) == ["x" * 20, "    tokens read 1", "    tokens written 2"]


def test_an_empty_listing_prints_nothing_not_even_headings() -> None:
    out = console(80)
    print_listing(out, HEADINGS, [])
    assert printed(out) == []


def test_a_long_fact_continues_in_its_own_column() -> None:
    out = console(40)
    print_facts(out, [("key", "short"), ("subject", "one two three four five six seven")])
    assert printed(out) == [
        "key      short",
        "subject  one two three four five six",
        "         seven",
    ]


def test_what_a_text_begins_with_counts_in_its_first_line() -> None:
    out = console(40)
    say(out, "one two three four five six seven eight", first="Error ", style="bold red")
    assert printed(out) == ["Error one two three four five six seven", "eight"]


def test_a_word_longer_than_the_line_stays_whole() -> None:
    url = "http://" + "x" * 60
    out = console(40)
    say(out, f"ask {url} again")
    assert url in printed(out)


def test_wide_characters_count_twice_so_columns_stay_aligned() -> None:
    out = console(None)
    print_listing(out, ("name", "n"), [Line(("論文", "1")), Line(("abcd", "2"))])
    assert printed(out) == ["name  n", "論文  1", "abcd  2"]


def test_markup_in_data_is_text() -> None:
    out = console(80)
    write(out, "[red]x[/] [link=http://a]b[/link] \\[c]")
    assert printed(out) == ["[red]x[/] [link=http://a]b[/link] \\[c]"]


def test_control_characters_move_no_cursor_on_a_terminal_and_are_kept_on_a_pipe() -> None:
    text = "a\x1b[2Jb\x07"
    terminal, pipe = console(80), console(None)
    write(terminal, text)
    write(pipe, text)
    assert printed(terminal) == ["a\\x1b[2Jb\\x07"]
    assert printed(pipe) == [text]


def test_a_text_is_exact_on_a_pipe_and_wrapped_between_words_on_a_terminal() -> None:
    text = "one two three four five  \n\n    indented\ttext "
    pipe, terminal = console(None), console(20)
    write_text(pipe, text)
    write_text(terminal, text)
    assert isinstance(pipe.file, io.StringIO)
    assert pipe.file.getvalue() == text + "\n"
    assert printed(terminal)[:3] == ["one two three four", "five", ""]
