"""Pages that follow what is being recorded."""

import re
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from playwright.sync_api import Page, expect

from agentops.semconv import GenAI, Session, Span, SpanKind, SpanStatus, State
from agentops.wire import (
    Ledger,
    SessionLedger,
    encode_attributes,
    encode_line,
    encode_resource,
    encode_span,
    new_segment_name,
)
from agentops.wire.owner import lock
from tests.e2e.conftest import Site

Open = Callable[..., Page]
PROCESS = "e2e1ive"
SESSION = "0" * 31 + "c"
STARTED_NS = time.time_ns()


def _line(number: int, kind: str, name: str, *, end_ns: int = 0, **attributes: object) -> bytes:
    status = SpanStatus.OK if end_ns else SpanStatus.RUNNING
    own = {Span.KIND: kind, Span.STATUS: status, Span.SEQ: number, Span.VERSION: 2 if end_ns else 1}
    span = encode_span(
        trace_id=SESSION, span_id=f"{number:016x}", parent_id=None if number == 1 else f"{1:016x}", name=name,
        is_client=False, start_ns=time.time_ns(), end_ns=end_ns,
        attributes=encode_attributes(own | attributes), events=(),
        status_code=1 if end_ns else 0, status_message="",
    )  # fmt: skip
    return encode_line(encode_resource({}), '{"name":"agentops"}', [span], partial=not end_ns)


def _alive(spans: int, *, has_ended: bool = False) -> bytes:
    sessions = {SESSION: SessionLedger(spans=spans, has_ended=has_ended)}
    return Ledger(PROCESS, time.time_ns(), sessions=sessions).encode(encode_resource({}))


@pytest.fixture
def recording(empty_site: Site) -> Iterator[Callable[..., Callable[..., None]]]:
    """Begin a segment as a living process does, locked; what it returns adds lines to it."""
    with ExitStack() as files:

        def begin(*lines: bytes) -> Callable[..., None]:
            spool = empty_site.home / "spool" / "local"
            spool.mkdir(parents=True, exist_ok=True)
            file = files.enter_context((spool / new_segment_name(PROCESS)).open("wb"))
            assert lock(file)

            def add(*more: bytes) -> None:
                file.write(b"".join(more))
                file.flush()

            add(*lines)
            return add

        yield begin


def _saying(text: str, *, version: int, end_ns: int = 0) -> bytes:
    """A record of a model call that has said so much."""
    said = [{"role": "assistant", "parts": [{"type": "text", "content": text}]}]
    asked = [{"role": "user", "parts": [{"type": "text", "content": "Tell me a story"}]}]
    own = {
        Span.KIND: SpanKind.LLM, Span.STATUS: SpanStatus.OK if end_ns else SpanStatus.RUNNING, Span.SEQ: 3,
        Span.VERSION: version, GenAI.INPUT_MESSAGES: asked, GenAI.OUTPUT_MESSAGES: said if text else None,
    }  # fmt: skip
    span = encode_span(
        trace_id=SESSION, span_id=f"{3:016x}", parent_id=f"{1:016x}", name="chat gpt-4o", is_client=True,
        start_ns=STARTED_NS, end_ns=end_ns, attributes=encode_attributes(own), events=(),
        status_code=1 if end_ns else 0, status_message="",
    )  # fmt: skip
    return encode_line(encode_resource({}), '{"name":"agentops"}', [span], partial=not end_ns)


def test_an_answer_is_read_while_it_is_written(
    empty_site: Site, recording: Callable[..., Callable[..., None]], open_page: Open
) -> None:
    """It grows in the open page, which keeps what the reader opened, typed and looked for, and loses its mark."""
    tool = _line(2, SpanKind.TOOL, "execute_tool search", end_ns=time.time_ns(), **{GenAI.TOOL_CALL_ARGUMENTS: "x"})
    segment = recording(_line(1, SpanKind.SESSION, "live one"), tool, _saying("", version=1), _alive(3))
    page = open_page(empty_site.at("/sessions"))
    page.locator("#rows .row-link").click()
    page.get_by_label("Views of this session").get_by_text("Messages").click()
    answer = page.locator(".say.role-assistant")
    expect(answer.locator(".badge")).to_have_text("asked")
    page.locator(".step-call summary").click()
    finder = page.get_by_label("Find in all messages of the session")
    finder.fill("story")
    finder.press("Enter")
    expect(page.locator("#found-here")).to_contain_text("1 of 1")
    finder.fill("story that grows")
    segment(_saying("Once upon", version=2))
    expect(answer).to_contain_text("Once upon", timeout=8000)
    expect(answer.locator(".badge")).to_have_text("writing")
    segment(_saying("Once upon a time there was", version=3))
    expect(answer).to_contain_text("a time there was", timeout=8000)
    segment(_saying("Once upon a time there was an agent, of another story.", version=4, end_ns=time.time_ns()))
    expect(answer).to_contain_text("another story.", timeout=8000)
    expect(answer.locator(".badge")).to_have_count(0)
    expect(page.locator(".step-call")).to_have_attribute("open", "")
    expect(page.locator("#found-here")).to_contain_text("1 of 2")
    expect(answer.locator("mark")).to_have_text("story")
    expect(finder).to_have_value("story that grows")


def test_a_running_session_grows_and_ends_in_sight(
    empty_site: Site, recording: Callable[..., Callable[..., None]], open_page: Open
) -> None:
    """New spans appear in the open tree, the figures follow, and the end is shown, all without loading again."""
    segment = recording(_line(1, SpanKind.SESSION, "live one"), _alive(1))
    page = open_page(empty_site.at("/sessions"))
    expect(page.locator("#rows .c-state")).to_contain_text("Running", timeout=8000)
    page.locator("#rows .row-link").click()
    expect(page.locator(".trow")).to_have_count(1)
    page.evaluate("window.isSamePage = true")
    end_ns = time.time_ns()
    segment(_line(2, SpanKind.TOOL, "execute_tool search", end_ns=end_ns), _alive(2))
    expect(page.locator(".trow")).to_have_count(2, timeout=8000)
    expect(page.locator(".toggles .chip")).to_have_text(["Tool1"])
    ending = _line(1, SpanKind.SESSION, "live one", end_ns=time.time_ns(), **{Session.STATE: State.SUCCESS})
    segment(ending, _alive(2, has_ended=True))
    expect(page.locator(".session-head .badge").first).to_contain_text("Completed", timeout=8000)
    assert page.evaluate("window.isSamePage") is True


def test_what_is_at_work_grows_up_to_now(
    empty_site: Site, recording: Callable[..., Callable[..., None]], open_page: Open
) -> None:
    """While nothing is recorded the open call's bar reaches to now, and what has ended shrinks beside it."""
    tool = _line(2, SpanKind.TOOL, "execute_tool search", end_ns=time.time_ns() + 400_000_000)
    recording(_line(1, SpanKind.SESSION, "live one"), tool, _line(3, SpanKind.LLM, "chat gpt-4o"), _alive(3))
    page = open_page(empty_site.at("/sessions"))
    page.locator("#rows .row-link").click()
    page.get_by_label("Views of this session").get_by_text("Timeline").click()
    expect(page.locator("line.now")).to_have_count(2)
    ended = page.locator(".trow", has_text="search").locator(".lane")
    first, ruler = float(ended.get_attribute("data-x2") or 0), page.locator("#play-time").inner_text()
    expect(page.locator(".trow", has_text="gpt-4o").locator(".lane")).to_have_attribute("data-x2", "1000.0000")
    expect(page.locator("#play-time")).not_to_have_text(ruler, timeout=8000)
    assert float(ended.get_attribute("data-x2") or 0) < first
    expect(page.locator(".kpi", has_text="Duration")).to_contain_text("so far")


def test_a_row_that_fits_no_more_is_pale_and_one_that_changed_keeps_the_focus(
    empty_site: Site, recording: Callable[..., Callable[..., None]], open_page: Open
) -> None:
    """Nothing moves: the total says how many are left, the row stays; Enter opens a row that was renewed meanwhile."""
    root = {Session.STATE: State.SUCCESS}
    segment = recording(_line(1, SpanKind.SESSION, "live one"), _alive(1))
    page = open_page(empty_site.at("/sessions?q=status:running"))
    row = page.locator("#rows tr")
    expect(row).to_have_count(1, timeout=8000)
    page.wait_for_load_state("load")  # the empty list loads itself again; by then the page's script listens
    page.mouse.move(5, 5)
    page.keyboard.press("j")
    segment(_line(2, SpanKind.TOOL, "execute_tool search", end_ns=time.time_ns()), _alive(2))
    expect(row.locator(".c-tools")).to_have_text("1", timeout=8000)
    expect(row.locator(".row-link")).to_be_focused()
    segment(_line(1, SpanKind.SESSION, "live one", end_ns=time.time_ns(), **root), _alive(2, has_ended=True))
    expect(page.locator("#total")).to_have_text("0", timeout=8000)
    expect(row).to_have_class("at gone")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(f"/sessions/{SESSION}"))


def test_what_a_reader_has_open_stays_open_while_a_session_grows(
    empty_site: Site, recording: Callable[..., Callable[..., None]], open_page: Open
) -> None:
    """A menu, the keyboard's place and the selected call's panel, in which its answer comes in."""
    segment = recording(_line(1, SpanKind.SESSION, "live one"), _saying("", version=1), _alive(2))
    page = open_page(empty_site.at("/sessions"))
    expect(page.locator("#rows tr")).to_have_count(1, timeout=8000)
    page.goto(empty_site.at(f"/sessions/{SESSION}?view=timeline&span={3:016x}"))
    panel, export, arrange = (
        page.locator("#detail"),
        *(page.locator("summary", has_text=of) for of in ("Export", "Arrange")),
    )
    mark = "for (const part of document.querySelectorAll('.kpis, #time-head')) part.dataset.was = 'here'"
    panel.locator("summary", has_text="Attributes").click()
    export.focus()
    page.evaluate(mark)
    segment(_saying("Once upon", version=2))
    expect(page.locator("[data-was]")).to_have_count(0, timeout=8000)
    expect(export).to_be_focused()
    arrange.click()
    page.evaluate(mark)
    segment(_saying("Once upon a time.", version=3, end_ns=time.time_ns()))
    expect(panel).to_contain_text("Once upon a time.", timeout=8000)
    expect(panel.locator(".detail-head")).to_contain_text("OK")
    expect(page.locator("[data-was]")).to_have_count(0, timeout=8000)
    expect(panel.locator("details", has_text="Attributes")).to_have_attribute("open", "")
    expect(page.get_by_text("A lane per agent")).to_be_visible()
    expect(arrange).to_be_focused()


def test_what_is_being_edited_stays_while_a_session_grows(
    empty_site: Site, recording: Callable[..., Callable[..., None]], open_page: Open
) -> None:
    """A tag and a note half typed, with the keyboard in them; a tag that the program adds meanwhile is not lost."""
    segment = recording(_line(1, SpanKind.SESSION, "live one", **{Session.TAGS: ["first"]}), _alive(1))
    page = open_page(empty_site.at("/sessions"))
    page.locator("#rows .row-link").click(timeout=8000)
    page.wait_for_load_state("load")  # by then the page's script listens
    page.get_by_role("button", name="Note", exact=True).click()
    page.keyboard.type("half a ")
    page.get_by_label("Edit the tags").click()
    expect(page.get_by_label("Add a tag")).to_be_focused()
    page.keyboard.type("half")
    later = _line(2, SpanKind.TOOL, "execute_tool search", end_ns=time.time_ns(), **{Session.TAGS: ["second"]})
    segment(later, _alive(2))
    expect(page.locator(".kpi", has_text="Tool calls").locator(".value")).to_have_text("1", timeout=8000)
    expect(page.locator(".tag-field .chip")).to_have_text(["first", "second"])
    expect(page.get_by_label("Add a tag")).to_be_focused()
    page.keyboard.type(" a tag")
    page.keyboard.press("Enter")
    expect(page.locator(".tags .said")).to_have_text("Saved")
    page.keyboard.press("Escape")
    expect(page.locator(".tags a.chip")).to_have_text(["first", "half a tag", "second"])
    expect(page.get_by_label("Edit the tags")).to_be_focused()
    expect(page.get_by_label("Note on this session")).to_have_value("half a ")


def test_lanes_that_grow_are_zoomed_as_before(
    empty_site: Site, recording: Callable[..., Callable[..., None]], open_page: Open
) -> None:
    """When a lane per kind was drawn anew, the stretch in sight and an open menu stay; keys, wheel and ruler go on."""
    segment = recording(_line(1, SpanKind.SESSION, "live one"), _saying("", version=1), _alive(2))
    page = open_page(empty_site.at("/sessions"))
    expect(page.locator("#rows tr")).to_have_count(1, timeout=8000)
    page.goto(empty_site.at(f"/sessions/{SESSION}?view=timeline&lanes=kind"))
    page.wait_for_load_state("load")  # by then the page's script listens
    head, lane = page.locator("#time-head"), page.locator(".lane svg").first
    page.keyboard.press("+")
    expect(head).to_have_attribute("data-zoom", "250.0000-750.0000")
    page.wait_for_timeout(1000)  # the first news, of being connected, are through
    expect(page.locator(".toggles .chip")).to_have_count(1)
    page.locator("summary", has_text="Arrange").click()
    expect(page.locator(".lane-row")).to_have_count(1)
    segment(_line(2, SpanKind.TOOL, "execute_tool search", end_ns=time.time_ns()), _alive(3))
    expect(page.locator(".lane-row")).to_have_count(2, timeout=8000)
    expect(page.get_by_text("A lane per agent")).to_be_visible()
    expect(page.locator(".toggles .chip")).to_have_count(2)
    expect(lane).to_have_attribute("viewBox", "250 0 500 28")
    page.keyboard.press("Escape")
    page.keyboard.press("+")
    expect(head).to_have_attribute("data-zoom", "375.0000-625.0000")
    expect(page.locator(".brush")).to_have_attribute("width", "250.0000")
    lane.hover()
    page.keyboard.down("Control")
    page.mouse.wheel(0, -100)
    page.keyboard.up("Control")
    expect(page.locator(".brush")).to_have_attribute("width", "200.0000")


def test_what_is_held_with_the_pointer_is_there_when_it_is_let_go(
    empty_site: Site, recording: Callable[..., Callable[..., None]], open_page: Open
) -> None:
    """A menu's button and a row, pressed while the server's answer arrives: both get their click, then grow."""
    tool = _line(2, SpanKind.TOOL, "execute_tool search", end_ns=time.time_ns())
    segment = recording(_line(1, SpanKind.SESSION, "live one"), tool, _saying("", version=1), _alive(3))
    page = open_page(empty_site.at("/sessions"))
    expect(page.locator("#rows tr")).to_have_count(1, timeout=8000)
    page.goto(empty_site.at(f"/sessions/{SESSION}?view=timeline&span={1:016x}"))
    page.wait_for_load_state("load")  # by then the page's script listens
    arrived = "new Promise((done) => requestAnimationFrame(() => setTimeout(done, 50)))"
    page.locator("summary", has_text="Arrange").hover()
    page.mouse.down()
    with page.expect_response("**/time-head?*zoom=250*"):
        page.keyboard.press("+")
    page.evaluate(arrived)
    page.mouse.up()
    expect(page.get_by_text("A lane per agent")).to_be_visible()
    expect(page.locator("#time-head .brush")).to_have_attribute("width", "500.0000")
    page.keyboard.press("Escape")
    row = page.locator(".trow", has_text="search")
    row.get_by_role("link").hover()
    page.mouse.down()
    segment(_line(4, SpanKind.TOOL, "execute_tool fetch", end_ns=time.time_ns()), _alive(4))
    page.wait_for_timeout(1500)  # long enough for it to be told and asked for, were nothing held
    page.mouse.up()
    expect(row).to_have_attribute("aria-selected", "true")
    expect(page.locator(".trow")).to_have_count(4, timeout=8000)
