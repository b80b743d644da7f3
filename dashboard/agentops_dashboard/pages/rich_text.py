"""Markdown that a program or a model wrote, as HTML that can do nothing."""

from functools import cache
from typing import TYPE_CHECKING, Any, Final

from markupsafe import Markup, escape

from agentops_dashboard.format import visible

if TYPE_CHECKING:
    from collections.abc import Sequence

    from markdown_it import MarkdownIt
    from markdown_it.token import Token

__all__ = ["markdown"]

_TAGS: Final = {
    "a", "blockquote", "br", "code", "del", "em", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "li", "ol", "p", "pre", "s",
    "strong", "table", "tbody", "td", "th", "thead", "tr", "ul",
}  # fmt: skip
_SLOW_CHARACTERS: Final = 65_536
"""Longer texts are not parsed: they are shown as they are."""


@cache
def _parser() -> "MarkdownIt":
    # A thirtieth of what the server imports; the first page shows no Markdown.
    from markdown_it import MarkdownIt

    parser = MarkdownIt("commonmark", {"html": False, "maxNesting": 20}).enable(["table", "strikethrough"])
    parser.add_render_rule("image", _image_as_text)
    return parser


def _image_as_text(_renderer: Any, tokens: "Sequence[Token]", place: int, _options: Any, _env: Any) -> str:
    """Show where an image would come from, instead of asking a stranger's server for it."""
    token = tokens[place]
    return str(escape(f"![{token.content}]({token.attrs.get('src', '')})"))


def markdown(text: str) -> Markup:
    """Render Markdown; HTML in it is shown as text, images are left as text, links keep only safe schemes."""
    if len(text) > _SLOW_CHARACTERS:
        return Markup('<pre class="plain">') + visible(text) + Markup("</pre>")
    import nh3

    html = nh3.clean(
        _parser().render(visible(text)),
        tags=_TAGS,
        attributes={"a": {"href", "title"}},
        url_schemes={"http", "https", "mailto"},
        link_rel="noopener noreferrer nofollow",
    )
    return Markup(html)
