"""A text looked for in all messages of a session."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from agentops.semconv import GenAI, SpanKind
from agentops_dashboard.pages import message_search as module
from agentops_dashboard.pages.address import Address
from agentops_dashboard.pages.content import SHOWN_CHARACTERS
from agentops_dashboard.pages.conversation import STEPS, spoken_places, steps_at
from agentops_dashboard.pages.marks import MOST_MARKS, Sought, marked
from agentops_dashboard.pages.message_search import MessageSearch, found_values
from agentops_dashboard.reader import Reader
from agentops_dashboard.semantics import RawSpan, understand
from agentops_dashboard.store import Store
from tests.dashboard.conftest import add_together, generate

SPANS = 260
TRACE = f"{7:032x}"
Found = dict[str, Any]


@pytest.fixture(scope="module")
def generated(open_empty: Callable[[None], Store]) -> Iterator[tuple[Reader, str]]:
    """A reader of a store with one session of some windows."""
    store = open_empty(None)
    profile = generate.Profile(spans=SPANS, spans_vary=0, error_rate=0.1, end_ns=1_760_000_000_000_000_000)
    [(session_id, lines)] = generate.Generator(5, profile).sessions(1)
    add_together(store, lines)
    reader = Reader(store.engine())
    yield reader, session_id
    reader.close()


def _found(reader: Reader, session_id: str, **params: str) -> Found:
    session = reader.session(session_id)
    assert session is not None
    return found_values(Address("/", params), reader, session, reader.outlines.of(session_id))


def _span(number: int, kind: str, attributes: dict[str, Any], *, end_ns: int = 9_000_000_000) -> RawSpan:
    own = {"agentops.span.kind": kind, "agentops.span.seq": number, "agentops.span.version": 1, **attributes}
    return RawSpan(
        trace_id=TRACE, span_id=f"{number:016x}", parent_id=f"{1:016x}" if number > 1 else None, name=f"step {number}",
        otlp_kind=1, start_ns=number, end_ns=end_ns, attributes=own, events=[], links=[], status_code=1,
        status_message="", resource={}, scope="agentops",
    )  # fmt: skip


def _said(*parts: dict[str, Any]) -> dict[str, Any]:
    return {GenAI.OUTPUT_MESSAGES: [{"role": "assistant", "parts": list(parts)}]}


def _tools(results: dict[int, Any], count: int) -> list[RawSpan]:
    """A session of so many tool calls, some of them with a result."""
    tools = [
        _span(number, SpanKind.TOOL, {GenAI.TOOL_CALL_RESULT: results.get(number, "nothing")})
        for number in range(2, count + 2)
    ]
    return [_span(1, SpanKind.SESSION, {}), *tools]


@pytest.mark.parametrize("text", ["delivery price", "search_web", "429: TOO many", "rate", "}", "gpt-4o", "no such"])
def test_every_hit_of_every_window_is_counted(generated: tuple[Reader, str], text: str) -> None:
    """As many as there are marks when each window is shown, and in the same order; nothing is passed over."""
    reader, session_id = generated
    session, outline = reader.session(session_id), reader.outlines.of(session_id)
    assert session is not None
    view = module._step_writer(session)
    expected = [
        (offset, number, nth)
        for offset in range(0, len(spoken_places(outline)), STEPS)
        for number, step in enumerate(steps_at(reader.outlines, outline, offset))
        for nth in range(marked(view(step), Sought(text))[1])
    ]
    found = _found(reader, session_id, find=text)["search"]
    assert found.hits == expected
    assert found.is_whole
    assert found.searched == len(spoken_places(outline)) > 2 * STEPS


def test_the_hits_of_a_text_that_is_there_reach_over_the_windows(generated: tuple[Reader, str]) -> None:
    """One goes from the first to the next, into other windows, round the end and back; a broken number is an end."""
    reader, session_id = generated
    first = _found(reader, session_id, find="rate")
    hits = first["search"].hits
    assert len({offset for offset, _, _ in hits}) > 2
    assert (first["hit"], first["offset"]) == (1, hits[0][0])
    assert (first["before"], first["after"]) == ({"hit": len(hits)}, {"hit": 2})
    last = _found(reader, session_id, find="rate", hit="999999")
    assert (last["hit"], last["offset"], last["after"]) == (len(hits), hits[-1][0], {"hit": 1})
    assert _found(reader, session_id, find="rate", hit="x")["hit"] == 1


def test_from_where_one_reads_the_next_hit_is_the_one_below(generated: tuple[Reader, str]) -> None:
    """A window that was gone to by itself has no hit in sight, and is shown as it was asked for."""
    reader, session_id = generated
    hits = _found(reader, session_id, find="rate")["search"].hits
    below = next(number for number, hit in enumerate(hits, 1) if hit[0] >= STEPS)
    found = _found(reader, session_id, find="rate", offset=str(STEPS))
    assert (found["offset"], found["hit"]) == (STEPS, 0)
    assert (found["before"], found["after"]) == ({"hit": below - 1}, {"hit": below})


def test_the_next_hit_is_not_searched_for_again(generated: tuple[Reader, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """What was found is true as long as the session does not change."""
    reader, session_id = generated
    _found(reader, session_id, find="rate")
    monkeypatch.setattr(Reader, "block_texts", None)
    monkeypatch.setattr(module, "steps_at", None)
    assert _found(reader, session_id, find=" rate ", hit="2")["hit"] == 2


@pytest.mark.parametrize(("bound", "most"), [("_MOST_HITS", 1), ("_MOST_WINDOWS", 1), ("_MOST_WRITTEN", 1)])
def test_a_search_that_was_cut_short_is_taken_on(
    generated: tuple[Reader, str], monkeypatch: pytest.MonkeyPatch, bound: str, most: int
) -> None:
    """It says how far it came, and in the end has the same hits; whoever stands at the last one goes on with it."""
    reader, session_id = generated
    text = "rate"
    whole = _found(reader, session_id, find=text)["search"].hits
    monkeypatch.setattr(module, bound, most)
    reader = Reader(reader.connect().engine)
    found = _found(reader, session_id, find=text)
    search = found["search"]
    assert (search.is_whole, search.searched) == (False, STEPS)
    assert search.hits == [hit for hit in whole if hit[0] < STEPS]
    last = _found(reader, session_id, find=text, hit=str(len(search.hits)))
    assert last["after"] == last["further"] == {"hit": len(search.hits) + 1, "reach": 2}
    for reach in range(2, 9):
        search = _found(reader, session_id, find=text, reach=str(reach))["search"]
    assert (search.is_whole, search.hits) == (True, whole)


def test_a_search_reads_so_much_and_no_more(store: Store, reader: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nothing is found either; it can be taken on so often and not more."""
    monkeypatch.setattr(module, "_MOST_READ", 1)
    monkeypatch.setattr(module, "MOST_REACH", 2)
    monkeypatch.setattr(module, "_WINDOWS_AT_ONCE", 1)
    count = 3 * STEPS
    store.add("default", [understand(raw) for raw in _tools(dict.fromkeys(range(count), "nothing " * 500), count)])
    found = _found(reader, TRACE, find="needle")
    assert (found["search"].searched, found["further"]) == (count // 3, {"hit": 1, "reach": 2})
    found = _found(reader, TRACE, find="needle", reach="99")
    assert (found["search"].searched, found["search"].is_whole, found["further"]) == (count // 3 * 2, False, None)


def test_what_is_shown_is_found_wherever_it_is(store: Store, reader: Reader) -> None:
    """Reasoning, instructions, arguments, results as data, errors and names; not ids, roles and pictures."""
    picture = {"type": "blob", "mime_type": "image/png", "content": "bmVlZGxl"}
    reasoning = {"type": "reasoning", "content": "a **needle** in hay"}
    agent = {GenAI.AGENT_NAME: "needle finder"}
    call = {GenAI.TOOL_CALL_ARGUMENTS: {"needle": 1}, GenAI.TOOL_CALL_RESULT: {"a": ["NEEDLE"]}}
    spans = [
        _span(1, SpanKind.SESSION, {}), _span(2, SpanKind.AGENT, agent),
        _span(3, SpanKind.LLM, _said(picture, reasoning) | {GenAI.SYSTEM_INSTRUCTIONS: '["Find the n\\u0065edle"]'}),
        _span(4, SpanKind.TOOL, call), _span(5, SpanKind.TOOL, {GenAI.TOOL_NAME: "needle"}),
    ]  # fmt: skip
    store.add("default", [understand(raw) for raw in spans])
    assert len(_found(reader, TRACE, find="needle")["search"].hits) == 6
    for absent in ("bmVlZGxl", "assistant", "Arguments", "image/png", "needle needle"):
        assert _found(reader, TRACE, find=absent)["search"].hits == [], absent


def test_a_hit_in_what_a_page_leaves_out_is_a_hit(store: Store, reader: Reader) -> None:
    """Of a long text the beginning is shown: it says there that the text comes further on."""
    results = {2: "x " * SHOWN_CHARACTERS + "needle", 3: {"long": "y " * 5000 + "needle"}}
    store.add("default", [understand(raw) for raw in _tools(results, 3)])
    found = _found(reader, TRACE, find="Needle")
    assert found["search"].hits == [(0, 0, 0), (0, 1, 0)]
    session = reader.session(TRACE)
    assert session is not None
    view = module._step_writer(session)
    for number, step in enumerate(steps_at(reader.outlines, reader.outlines.of(TRACE), 0)[:2]):
        html = str(_found(reader, TRACE, find="Needle", hit=str(number + 1))["search"].shown(number, step, view(step)))
        assert 'not shown here: <mark id="here">Needle</mark>' in html
        assert "<details open" in html or " open>" in html


def test_a_step_full_of_hits_is_cut_short_and_says_so(store: Store, reader: Reader) -> None:
    """However many there are, the page stays one that a browser can show."""
    store.add("default", [understand(raw) for raw in _tools({2: "e" * 5000}, 1)])
    search = _found(reader, TRACE, find="e")["search"]
    assert len(search.hits) >= MOST_MARKS
    assert search.has_more


def test_what_is_still_being_said_is_found_and_found_again_when_it_has_grown(store: Store, reader: Reader) -> None:
    """A running session is another one with each change; a hit keeps its number."""
    root = _span(1, SpanKind.SESSION, {})
    text = {"type": "text", "content": "Once a needle"}
    store.add("default", [understand(root), understand(_span(2, SpanKind.LLM, _said(text), end_ns=0))])
    assert _found(reader, TRACE, find="needle")["search"].hits == [(0, 0, 0)]
    text["content"] += ", twice a needle"
    grown = _span(2, SpanKind.LLM, {**_said(text), "agentops.span.version": 2})
    store.add("default", [understand(grown)])
    found = _found(reader, TRACE, find="needle", hit="1")
    assert (found["search"].hits, found["after"]) == ([(0, 0, 0), (0, 0, 1)], {"hit": 2})


def test_nothing_is_looked_for_without_a_text(reader: Reader) -> None:
    """Nor in a session that says nothing."""
    assert MessageSearch(Sought("x")).hits == []
    for text in ("", "  \n"):
        found = found_values(Address("/", {"find": text, "offset": "7"}), reader, None, None)  # type: ignore[arg-type]
        assert (found["search"], found["offset"]) == (None, 7)
