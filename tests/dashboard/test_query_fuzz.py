"""No text whatever breaks the parser or reaches the database as SQL."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agentops_dashboard.query import QueryError

_PIECES = st.sampled_from(
    ["tag:", "status:", "error", "any(", "count(", ")", "(", '"', "\\", "-", "or", "and", "not", ">", ">=", "=", "*",
     ",",
     "cost:", "duration:", "metadata.", "metadata.a.b:", "2m", "'; DROP TABLE session; --", "%", "_", "\0", "é", "🙂",
     "has:", "is:", "start:", "1e9", "99999999999999999999", "kind:llm", "tool:", "name:", "\u202e"]
)  # fmt: skip


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.one_of(_PIECES, st.text(max_size=6)), max_size=14).map(" ".join))
def test_any_text_gives_an_answer_or_a_query_error(reader, text):
    """The list answers or refuses with a place inside the text; nothing else is raised."""
    try:
        page = reader.sessions(text)
    except QueryError as refused:
        position, total = refused.position, 0
    else:
        position, total = 0, page["total"]
    assert 0 <= position <= len(text)
    assert total == 0
