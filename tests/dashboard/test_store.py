"""What goes in comes out, once."""


def test_generated_sessions_are_found_with_their_whole_tree(store, reader, add_lines, make_sessions):
    """Three sessions give three rows, each with all of its spans under one root and nothing missing."""
    made = make_sessions(3, spans=20)
    for _, lines in made:
        add_lines(lines)
    page = reader.sessions()
    assert [s["id"] for s in page["sessions"]] == sorted((i for i, _ in made), reverse=True)
    for session in page["sessions"]:
        spans = reader.spans(session["id"])
        assert session["counts"]["spans"] == len(spans)
        assert [s["parent_id"] for s in spans].count(None) == 1
        assert session["complete"]
