"""A session as one HTML file that opens anywhere: no server, no script, nothing loaded from elsewhere."""

from typing import Any, Final

from markupsafe import Markup

from agentops_dashboard.derived import where_it_ended
from agentops_dashboard.pages.environment import STATIC_DIRECTORY, render
from agentops_dashboard.pages.kinds import kind_look
from agentops_dashboard.pages.tree_view import short_name
from agentops_dashboard.reader import Reader, Session

__all__ = ["MOST_SPANS", "session_file"]

MOST_SPANS: Final = 3000
_STYLES: Final = ("tokens.css", "base.css", "session.css", "file.css")


def session_file(reader: Reader, session: Session) -> str:
    """Render the file: figures, then the tree, each span with what went in and came out; at most ``MOST_SPANS``.

    Unfolded are the outermost spans, and the way down to where the session failed or was left. Detached spans stand
    below a heading, as in the tree.
    """
    outline = reader.outlines.of(session["id"])
    shown = min(len(outline), MOST_SPANS)
    spans = reader.outlines.with_payloads(outline, list(range(shown)))
    ended = where_it_ended(session["state"], outline)
    way_down = set() if ended is None else {*outline.ancestors(ended), ended}
    index, below = outline.index, outline.index.detached_from
    rows: list[dict[str, Any]] = []
    for place, span in enumerate(spans):
        if place == below:
            rows.append({"span": None, "depth": 0, "detached": len(index.detached)})
        depth = index.depth[place] + (place >= below)
        rows.append({"span": span, "depth": depth, "is_open": depth < 2 or place in way_down})
    for row, following in zip(rows, [*rows[1:], {"depth": 0}], strict=True):
        row["closes"] = row["depth"] - following["depth"] + 1
    return render(
        "session_file.html",
        session=session,
        rows=rows,
        shown=shown,
        left_out=len(outline) - shown,
        styles=[Markup((STATIC_DIRECTORY / name).read_text("utf-8")) for name in _STYLES],
        sprite=Markup((STATIC_DIRECTORY / "icons.svg").read_text("utf-8")),
        icons="",
        short_name=short_name,
        kind_look=kind_look,
    )
