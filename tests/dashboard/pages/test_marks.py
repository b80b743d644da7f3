"""A text marked in HTML as it is shown."""

import orjson
import pytest

from agentops_dashboard.pages.marks import MOST_MARKS, MOST_SOUGHT, Sought, marked
from agentops_dashboard.pages.rich_text import markdown


@pytest.mark.parametrize(
    ("html", "text", "expected"),
    [
        ("<p>The Rain in Spain</p>", "rain", "<p>The <mark>Rain</mark> in Spain</p>"),
        ("<p>rain\n  in Spain</p>", "RAIN in", "<p><mark>rain\n  in</mark> Spain</p>"),
        ("<p>a <b>b</b>c</p>", "a bc", "<p><mark>a </mark><b><mark>b</mark></b><mark>c</mark></p>"),
        ("<p>one</p><p>two</p>", "onetwo", None),
        ("<p>one<br>two</p>", "onetwo", None),
        ('<p title="rain">x</p>', "rain", None),
        ('<p title="a > rain">x</p>', "rain", None),
        ("<p>&lt;b&gt; &amp; &#39;</p>", "<b> & '", "<p><mark>&lt;b&gt; &amp; &#39;</mark></p>"),
        ("<p>lt amp</p>", "<", None),
        ("<p>Straße</p>", "STRASSE", "<p><mark>Straße</mark></p>"),
        ("<p>ǅaß İx</p>", "x", "<p>ǅaß İ<mark>x</mark></p>"),
        ("<p>a.c abc</p>", "a.c", "<p><mark>a.c</mark> abc</p>"),
        ('<span class="num dim">rain</span><span class="dim">rain</span>', "rain", None),
        ("<h3 data-aside>rain <b>rain</b></h3>", "rain", None),
        ('<p>ra<span class="sr">so</span>in</p>', "rain", None),
    ],
)
def test_what_is_shown_is_marked(html: str, text: str, expected: str | None) -> None:
    """Whatever the case, over tags within a line, never in tags and never in what the page says of a content."""
    assert marked(html, Sought(text)) == (expected or html, int(expected is not None))


def test_what_is_folded_away_is_opened() -> None:
    """All that is around a hit, but not what has it in its own heading, and nothing beside it."""
    html = (
        '<details class="a"><summary>one</summary><details><summary>two</summary><p>three</p></details>'
        "<details><summary>four</summary></details></details>"
    )
    assert marked(html, Sought("three"))[0].count("<details open>") == 1
    assert '<details class="a" open>' in marked(html, Sought("three"))[0]
    assert marked(html, Sought("two"))[0].startswith('<details class="a" open><summary>one</summary><details>')
    assert " open" not in marked(html, Sought("one"))[0]
    already = '<details class="a" open id="b"><p>x</p></details>'
    assert marked(already, Sought("x"))[0] == already.replace("x", "<mark>x</mark>")


def test_one_hit_is_where_one_gets_to() -> None:
    """The first piece of it has the id."""
    found, count = marked("<p>a b <b>a</b> b</p>", Sought("a b"), here=1)
    assert count == 2
    assert found == '<p><mark>a b</mark> <b><mark id="here">a</mark></b><mark> b</mark></p>'


def test_a_piece_has_so_many_marks_and_no_more() -> None:
    """However often the text is in there."""
    found, count = marked(f"<p>{'e' * 100_000}</p>", Sought("e"))
    assert count == found.count("<mark>") == MOST_MARKS


def test_what_is_looked_for_is_short() -> None:
    """White space is one space; the rest of a long text is not looked for."""
    assert Sought(" a \n b ").text == "a b"
    assert len(Sought("x" * 10_000).text) == MOST_SOUGHT


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("Rain in Spain", "RAIN IN"),
        ("Rain **in** Spain", "rain in spain"),
        ("Rain [in](https://example.org/) Spain", "rain in spain"),
        ("Rain\n\tin Spain", "rain in"),
        ("R&amp;D", "r&d"),
        ("-> \U0001f327 \x01 rain", "-> \U0001f327"),
        ('say "rain" \\ now', 'say "rain" \\ now'),
        ("snake\\_case", "snake_case"),
        ("Straße", "strasse"),
        ("a_b - c", "a_b - c"),
    ],
)
@pytest.mark.parametrize("nested", [False, True])
def test_what_is_marked_is_never_passed_over(content: str, text: str, nested: bool) -> None:
    """What tells by the stored text whether looking at what is shown is worth while says so wherever it is."""
    sought = Sought(text)
    assert marked(str(markdown(content)), sought)[1] == 1
    stored = orjson.dumps({"content": orjson.dumps(content).decode() if nested else content}).decode()
    assert sought.may_be_in(stored.casefold())
    assert not Sought("something else").may_be_in(stored.casefold())
