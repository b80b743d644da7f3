"""Markdown of strangers."""

import pytest

from agentops_dashboard.pages.rich_text import markdown


def test_the_usual_markdown_is_rendered() -> None:
    """Emphasis, code, lists, tables."""
    html = markdown("**b** `c`\n\n- x\n\n| a |\n|---|\n| 1 |")
    assert "<strong>b</strong>" in html
    assert "<code>c</code>" in html
    assert "<li>x</li>" in html
    assert "<td>1</td>" in html


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "[x](javascript:alert(1))",
        "[x](data:text/html,x)",
        "<a href='vbscript:x'>x</a>", "<svg/onload=alert(1)>", "![x](https://tracker.invalid/p.png)",
        "<style>*{}</style>",
        "[x]: javascript:alert(1)\n\n[x]", "<iframe src=//x></iframe>", "<math><mi xlink:href=javascript:x>",
    ],
)  # fmt: skip
def test_nothing_dangerous_is_left(text: str) -> None:
    """No element but those of Markdown, no handler, no scheme but http, https and mailto."""
    html = markdown(text).lower()
    for danger in (
        "<script",
        "<img",
        "<svg",
        "<style",
        "<iframe",
        "<math",
        'href="javascript',
        'href="data',
        'href="vb',
    ):
        assert danger not in html


def test_an_image_is_named_instead_of_fetched() -> None:
    """Looking at a session tells no stranger's server."""
    assert "![chart](https://tracker.invalid/p.png)" in markdown("![chart](https://tracker.invalid/p.png)")


def test_a_very_long_text_is_not_parsed() -> None:
    """A megabyte of brackets cannot hold the server up."""
    assert markdown("[" * 1_000_000).startswith('<pre class="plain">')
