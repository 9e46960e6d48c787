"""Attribution: every article once, with what its licence asks for, and nothing that breaks out."""

from relgen_assets.export.attribution import Credit, attribution_text

PLAIN = Credit(
    "p1",
    "Lakes",
    ["Ada Byron", "Karl Maier"],
    2012,
    "10.1000/lakes",
    "https://x.org/1",
    "cc-by-4.0",
)


def lines(*articles: Credit) -> list[str]:
    return [one for one in attribution_text(articles).splitlines() if one.startswith("- ")]


def test_an_article_is_named_with_authors_year_address_and_licence() -> None:
    assert lines(PLAIN) == [
        "- Ada Byron, Karl Maier. Lakes (2012). <https://doi.org/10.1000/lakes>."
        " licence cc-by-4.0 <https://creativecommons.org/licenses/by/4.0/>"
    ]


def test_what_is_not_known_is_left_out_and_the_id_stands_in() -> None:
    bare = Credit("p2", "", [], None, "", "", "")
    assert lines(bare) == ["- p2. id p2. licence unknown"]


def test_articles_stand_in_the_order_of_their_titles() -> None:
    other = PLAIN._replace(paper_id="p0", title="Alps")
    assert lines(PLAIN, other) == lines(other, PLAIN)
    assert "Alps" in lines(PLAIN, other)[0]


def test_markup_in_titles_and_addresses_stays_text() -> None:
    hostile = PLAIN._replace(
        title="![x](http://t.org/p.png)\n# Head <img>", doi="", url="https://x.org/>)<script>"
    )
    (line,) = lines(hostile)
    assert "\\!\\[" in line or "!\\[x\\]" in line
    assert "<img>" not in line
    assert "<script>" not in line


def test_long_lists_of_authors_are_shortened() -> None:
    many = PLAIN._replace(authors=[f"Author {n}" for n in range(21)])
    assert "Author 0 et al." in lines(many)[0]
