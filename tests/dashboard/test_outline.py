"""A session's tree: its order, and that a large one, read as far as it is looked at, says the same as a small one."""

import random
from collections.abc import Callable

import pytest

from agentops_dashboard.pages.address import Address
from agentops_dashboard.pages.span_links import crumbs, related
from agentops_dashboard.reader import Reader
from agentops_dashboard.reader import outline as module
from agentops_dashboard.reader.outline import Outline, TreeView
from agentops_dashboard.reader.span_rows import FRAME
from agentops_dashboard.reader.tree import TreeIndex
from agentops_dashboard.store import Store

Make = Callable[..., list[tuple[str, list[bytes]]]]
Add = Callable[[list[bytes]], None]
VIEWS = (
    TreeView(), TreeView(depth=2), TreeView(errors_only=True), TreeView(find="search"), TreeView(is_unwrapped=True),
    TreeView(find="search", hits_only=True), TreeView(kinds=frozenset({"llm"})), TreeView(is_by_start=True),
    TreeView(most_children=2), TreeView(has_heading=True),
)  # fmt: skip


@pytest.mark.parametrize("seed", range(20))
def test_a_tree_is_in_the_order_that_going_down_it_gives(seed: int) -> None:
    """Whatever the order of the rows: with children that began before their parents, lost parents, and circles."""
    chance = random.Random(seed)
    count = chance.randint(1, 60)
    ids = [f"s{number:02}" for number in range(count)]
    parents = [chance.choice([None, "lost", *ids, *ids, *ids]) for _ in ids]
    starts = [chance.randint(0, 20) for _ in ids]
    seqs = [chance.choice([None, 0, 1, 2]) for _ in ids]
    found = TreeIndex(ids, parents, starts, seqs)
    rank = {ids[number]: (starts[number], seqs[number] or 0, ids[number]) for number in range(count)}
    order, depth, detached = _walk(dict(zip(ids, parents, strict=True)), sorted(ids, key=rank.__getitem__))
    assert [ids[number] for number in found.numbers] == order
    assert found.depth == depth
    assert found.detached == detached
    assert found.roots == parents.count(None)
    assert found.detached_from == next((at for at, span_id in enumerate(order) if span_id in detached), count)
    for place, parent in enumerate(found.parents):
        assert (found.depth[place] == 0) == (parent == -1)
        position, siblings = found.position[place], found.siblings(place)
        beside = [other for other in range(count) if found.parents[other] == parent]
        assert beside[position] == place
        assert len(beside) == siblings
        below = [other for other in range(place + 1, count) if _is_below(found, other, place)]
        assert below == list(range(place + 1, found.end[place]))
        assert found.children[place] == sum(found.parents[other] == place for other in below)


def _walk(parent_of: dict[str, str | None], by_start: list[str]) -> tuple[list[str], list[int], set[str]]:
    """The same, told as it is meant: from the roots down, then from those whose parents are lost, then from circles."""
    detached = {span_id for span_id, parent in parent_of.items() if parent is not None and parent in {"lost", span_id}}
    order: list[str] = []
    depth: list[int] = []

    def go(span_id: str, level: int) -> None:
        order.append(span_id)
        depth.append(level)
        for child in by_start:
            if parent_of[child] == span_id and child not in detached:
                go(child, level + 1)

    roots = [span_id for span_id in by_start if parent_of[span_id] is None]
    for top in roots + [span_id for span_id in by_start if span_id in detached]:
        go(top, 0)
    for span_id in by_start:
        if span_id not in order:
            detached.add(span_id)
            go(span_id, 0)
    return order, depth, detached


def _is_below(index: TreeIndex, place: int, above: int) -> bool:
    while place >= 0 and place != above:
        place = index.parents[place]
    return place == above


@pytest.fixture
def both(
    reader: Reader, make_sessions: Make, add_lines: Add, monkeypatch: pytest.MonkeyPatch
) -> tuple[Outline, Outline]:
    """One session read as a small one is, and as a large one is."""
    session_id, lines = make_sessions(1, spans=300, spans_vary=0, error_rate=0.2)[0]
    add_lines(lines)
    small = reader.outlines.of(session_id)
    monkeypatch.setattr(module, "_MOST_WHOLE", 0)
    return small, Reader(reader.connect().engine).outlines.of(session_id)


@pytest.mark.parametrize("view", VIEWS)
def test_a_large_session_shows_the_rows_of_a_small_one(both: tuple[Outline, Outline], view: TreeView) -> None:
    """In each view, in windows from the end to the beginning."""
    small, large = both
    count = len(small.visible(view).places)
    assert small.visible(view) == large.visible(view)
    for offset in range(count, -1, -70):
        assert large.rows(view, offset, 70) == small.rows(view, offset, 70)


def test_a_large_session_is_read_as_far_as_it_is_looked_at(both: tuple[Outline, Outline]) -> None:
    """A window reads its rows and no others; single rows come with those around; after a few of these, all are read."""
    small, large = both
    asked: list[tuple[tuple[str, ...], int | None]] = []
    reading = large.order._reading

    def watch(names, span_ids):
        asked.append((tuple(names), None if span_ids is None else len(span_ids)))
        return reading(names, span_ids)

    large.order._reading = watch
    large.rows(TreeView(), 0, 50)
    large.rows(TreeView(), 20, 50)
    assert [count for _, count in asked] == [50, 20]
    assert large.order[-1].span_id == small.order[-1].span_id
    assert [count for _, count in asked[2:]] == [51]
    assert [row.name for row in large.order[295:]] == [row.name for row in small.order[295:]]
    assert large.column("preview") == small.column("preview")
    assert asked[3:] == [(("span_id", "preview"), None)]
    large.column("start_ns")
    assert len(asked) == 4
    assert list(large.order) == list(small.order)
    assert list(large.order) == [large.order[place] for place in range(len(small))]
    assert [count for _, count in asked[4:]] == [None]


def test_going_through_a_large_session_row_by_row_reads_it_all_after_a_few(both: tuple[Outline, Outline]) -> None:
    """So that no loop over rows becomes as many questions."""
    small, large = both
    reading, asked = large.order._reading, []
    large.order._reading = lambda names, ids: asked.append(ids) or reading(names, ids)
    rows = [large.order[place] for place in random.Random(1).sample(range(len(small)), len(small))]
    assert sorted(row.span_id for row in rows) == sorted(row.span_id for row in small.order)
    assert len(asked) <= 9


def test_what_is_alike_is_found_in_a_large_session_too(both: tuple[Outline, Outline]) -> None:
    """The calls of the same tool or model before and after, and the way down to a span."""
    small, large = both
    address = Address("/sessions/x")
    for place in range(0, 300, 7):
        assert related(address, large, place) == related(address, small, place)
        above = small.ancestors(place)
        assert crumbs(address, large, large.ancestors(place)) == crumbs(address, small, above)


def test_rows_that_were_deleted_since_are_shown_by_what_is_known(both: tuple[Outline, Outline], store: Store) -> None:
    """A page that was asked for before a session was deleted still has an answer."""
    small, large = both
    store.delete_sessions("default", [small.session_id])
    assert [row.span_id for row in large.order] == [row.span_id for row in small.order]
    assert [getattr(large.order[5], name) for name in FRAME] == [getattr(small.order[5], name) for name in FRAME]
    assert len(large.rows(TreeView(), 0, 100)) == 100
    assert large.column("preview") == [None] * len(small)
