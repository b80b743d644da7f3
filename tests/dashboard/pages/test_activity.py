"""The strip of what a session did over its time."""

from agentops_dashboard.pages.activity import strip_of
from agentops_dashboard.reader.activity import SLICES, Activity


def test_slices_side_by_side_are_one_piece_and_errors_go_through_all_lanes() -> None:
    """Models above, tools below, people between, each in the tone of its kind; the same in words."""
    busy = {"llm": {0, 1, 2, 9}, "tool": {5}, "human": set(range(32, 64))}
    strip = strip_of(Activity(busy, errors=[9, 9, 63]))
    assert strip.paths == [
        ("llm", "M0 0h3v5.5h-3zM9 0h1v5.5h-1z"), ("tool", "M5 6.5h1v5.5h-1z"), ("human", "M32 5h32v2h-32z"),
        ("error", "M9 0h1v12h-1zM63 0h1v12h-1z"),
    ]  # fmt: skip
    assert strip.words == f"Of its time, in {SLICES} slices: models 6.2%, tools 1.6%, people 50.0%; 3 failed"
    assert strip_of(Activity()) == ([], "No calls", f"0 0 {SLICES} 12")
