"""A session as one file."""

import re
from collections.abc import Callable

from agentops.semconv import State
from agentops_dashboard.derived import root_failure
from agentops_dashboard.pages.session_file import session_file
from agentops_dashboard.reader import Reader

Make = Callable[..., list[tuple[str, list[bytes]]]]
Add = Callable[[list[bytes]], None]


def test_a_failed_session_is_unfolded_down_to_its_failure(reader: Reader, make_sessions: Make, add_lines: Add) -> None:
    """Who gets the file sees why it failed; what lies deeper elsewhere is folded."""
    ((session_id, lines),) = make_sessions(1, seed=3, spans=40, error_rate=0.3, state=State.ERROR)
    add_lines(lines)
    session, outline = reader.session(session_id), reader.outlines.of(session_id)
    assert session is not None
    failed = root_failure(outline)
    assert failed is not None
    way_down = {*outline.ancestors(failed), failed}
    found = re.findall(r'<details class="fspan"( open)?>', session_file(reader, session))
    assert [bool(is_open) for is_open in found] == [
        depth < 2 or place in way_down for place, depth in enumerate(outline.index.depth)
    ]
    assert outline.index.depth[failed] >= 2
