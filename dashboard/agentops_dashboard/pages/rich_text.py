"""Markdown that a program or a model wrote, as HTML that can do nothing."""

from functools import cache
from typing import Final

import nh3
from markdown_it import MarkdownIt
from markupsafe import Markup

from agentops_dashboard.format import visible

__all__ = ["markdown"]

_TAGS: Final = {
    "a", "blockquote", "br", "code", "del", "em", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "li", "ol", "p", "pre", "s",
    "strong", "table", "tbody", "td", "th", "thead", "tr", "ul",
}  # fmt: skip
_SLOW_CHARACTERS: Final = 65_536
"""Longer texts are not parsed: they are shown as they are."""


@cache
def _parser() -> MarkdownIt:
    return (
        MarkdownIt("commonmark", {"html": False, "maxNesting": 20}).enable(["table", "strikethrough"]).disable("image")
    )


def markdown(text: str) -> Markup:
    """Render Markdown; HTML in it is shown as text, images are left as text, links keep only safe schemes."""
    if len(text) > _SLOW_CHARACTERS:
        return Markup('<pre class="plain">') + visible(text) + Markup("</pre>")
    html = nh3.clean(
        _parser().render(visible(text)),
        tags=_TAGS,
        attributes={"a": {"href", "title"}},
        url_schemes={"http", "https", "mailto"},
        link_rel="noopener noreferrer nofollow",
    )
    return Markup(html)
