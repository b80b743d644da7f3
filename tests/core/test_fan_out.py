"""Exporters beside the spool: they get what the disk gets, once, and harm nobody."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

import agentops
from agentops.plugins import plugins
from agentops.sdk import fan_out, process
from agentops.sdk.filters import SpanRecord
from agentops.semconv import Session
from agentops.testing import MemorySink
from tests.spooled import read_spool, run_program

SECRET = "sk-proj-" + "a1B2" * 12


class Plugin:
    """Exporters and filters that are set by each test."""

    def __init__(self) -> None:
        self.exporters: list[MemorySink] = []
        self.filters: list[object] = []

    @agentops.hookimpl
    def agentops_exporters(self) -> list[MemorySink]:
        return self.exporters

    @agentops.hookimpl
    def agentops_span_filters(self) -> list[object]:
        return self.filters


@pytest.fixture
def plugin() -> Iterator[Plugin]:
    """A plugin for the length of a test."""
    plugin = Plugin()
    plugins.register(plugin, "test-exporters")
    yield plugin
    plugins.manager.unregister(plugin)
    process.replace(None)


class Stuck(MemorySink):
    """Waits with each span until it may go on."""

    def __init__(self) -> None:
        super().__init__()
        self.may_go_on = threading.Event()
        self.has_begun = threading.Event()

    def put(self, span: agentops.Span) -> None:
        self.has_begun.set()
        self.may_go_on.wait(30)
        super().put(span)


class Broken(MemorySink):
    """Fails with each span."""

    def put(self, span: agentops.Span) -> None:
        raise ConnectionError("no server")


def test_secrets_do_not_reach_an_exporter(plugin: Plugin) -> None:
    """Wherever they were: name, input, a key, an event, the message and stack of an error, a tag; the rest is there."""
    sink = MemorySink()
    plugin.exporters.append(sink)
    agentops.init(auto_start_session=False)

    @agentops.tool(name=f"call {SECRET}")
    def call(key: str, options: object) -> None:
        agentops.current_span().add_event("noted", {"key": key})  # type: ignore[union-attr]
        raise ValueError(f"refused {key}")

    with agentops.start_session("s", tags=[SECRET, "kept"]) as session, pytest.raises(ValueError, match="refused"):
        call(SECRET, {"deep": [{SECRET: f"Bearer {SECRET}"}], "number": 5})
    assert agentops.flush()
    seen = [(item.name, item.attributes, item.events, item.error) for item in sink.spans]
    assert SECRET not in repr(seen)
    tool = sink.spans[-1] if sink.spans[-1].kind == "tool" else sink.spans[-2]
    assert tool.name == "call [redacted:api-key]"
    assert tool.input == {
        "key": "[redacted:api-key]",
        "options": {"deep": [{"[redacted:api-key]": "Bearer [redacted:api-key]"}], "number": 5},
    }
    assert tool.error is not None
    assert tool.error.message == "refused [redacted:api-key]"
    assert "refused [redacted:api-key]" in str(tool.error.stack)
    assert [(name, values) for name, _, values in tool.events or ()] == [("noted", {"key": "[redacted:api-key]"})]
    assert tool.attributes[Session.TAGS] == ("[redacted:api-key]", "kept")
    assert session.events[0].input == {"key": SECRET, "options": {"deep": [{SECRET: f"Bearer {SECRET}"}], "number": 5}}


def test_span_filters_apply_to_exporters(plugin: Plugin) -> None:
    """Run once for both: what a filter changes is changed, what it leaves out is nobody's parent."""
    sink, calls = MemorySink(), []
    plugin.exporters.append(sink)

    def without_agents(record: SpanRecord) -> SpanRecord | None:
        calls.append(record.span_id)
        record.attributes["team"] = "blue"
        record.name = record.name.replace("inner", "renamed")
        return None if record.kind == "agent" else record

    plugin.filters.append(without_agents)
    agentops.init(auto_start_session=False)
    inner = agentops.tool(name="inner")(lambda: None)
    with agentops.start_session("s") as session:
        agentops.agent(name="outer")(inner)()
    assert agentops.flush()
    latest = {span.id: span for span in sink.spans}
    assert {span.name for span in latest.values()} == {"s", "execute_tool renamed"}
    [tool] = [span for span in latest.values() if span.kind == "tool"]
    assert tool.parent is session.root
    assert {span.attributes["team"] for span in latest.values()} == {"blue"}
    assert len(calls) == len(sink.puts) + 1


def test_content_that_is_not_recorded_is_not_exported(plugin: Plugin) -> None:
    """``capture_content="off"`` leaves messages of errors and metadata out, there too."""
    sink = MemorySink()
    plugin.exporters.append(sink)
    agentops.init(auto_start_session=False, capture_content="off")
    with agentops.start_session("s", metadata={"patient": "hunter2"}), pytest.raises(ValueError, match="hunter2"):
        agentops.tool(_fail)("hunter2")
    assert agentops.flush()
    assert [item.error.type for item in sink.spans if item.kind == "tool" and item.error] == ["ValueError"]
    assert "hunter2" not in repr([(item.attributes, item.events, item.error) for item in sink.spans])


def _fail(text: str) -> None:
    raise ValueError(text)


def test_an_exporter_that_waits_holds_up_neither_the_program_nor_the_disk(plugin: Plugin, agentops_home: Path) -> None:
    """While it hangs all is on the disk; when it goes on it gets all, in order."""
    sink = Stuck()
    plugin.exporters.append(sink)
    agentops.init(auto_start_session=False)
    with agentops.start_session("s"):
        agentops.tool(name="first")(lambda: None)()
        assert sink.has_begun.wait(10)
        agentops.tool(name="second")(lambda: None)()
    assert not agentops.flush(0.3)
    assert read_spool(agentops_home).outline() == "s\n  execute_tool first\n  execute_tool second"
    assert sink.spans == []
    sink.may_go_on.set()
    assert agentops.flush(10)
    ended = {span.name: span.end_ns for span in sink.spans if span.has_ended}
    assert set(ended) == {"s", "first", "second"}


def test_one_that_is_slower_than_the_program_loses_the_oldest_and_it_is_said(
    plugin: Plugin, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Memory is bounded."""
    monkeypatch.setattr(fan_out, "_LIMIT_WAITING", 10)
    sink = Stuck()
    plugin.exporters.append(sink)
    agentops.init(auto_start_session=False)
    step = agentops.tool(name="step")(lambda: None)
    with agentops.start_session("s"):
        assert sink.has_begun.wait(10)
        for _ in range(50):
            step()
    agentops.flush(0.3)
    sink.may_go_on.set()
    assert agentops.flush(10)
    assert len(sink.puts) <= 12
    assert sink.spans[-1].name == "s"
    assert "an exporter is slower than the program" in caplog.text


def test_one_that_fails_keeps_no_span_from_the_others(plugin: Plugin, agentops_home: Path) -> None:
    """Neither from another exporter nor from the disk."""
    sink = MemorySink()
    plugin.exporters += [Broken(), sink]
    agentops.init(auto_start_session=False)
    with agentops.start_session("s"):
        agentops.tool(name="step")(lambda: None)()
    assert agentops.flush()
    assert {span.name for span in sink.spans} == {"s", "step"}
    assert read_spool(agentops_home).outline() == "s\n  execute_tool step"


def test_disabling_everything_ends_its_thread_and_what_is_recorded_later_is_handed_over(plugin: Plugin) -> None:
    """No thread is left; the next span starts one again."""
    sink = MemorySink()
    plugin.exporters.append(sink)
    agentops.init(auto_start_session=False)
    for name in ("one", "two"):
        with agentops.start_session(name):
            pass
        agentops.disable()
        assert not [thread.name for thread in threading.enumerate() if thread.name.startswith("agentops-")]
    assert [span.name for span in sink.spans if span.has_ended] == ["one", "two"]


PROGRAM = """
import agentops, atexit, os
atexit.register(lambda: agentops.start_session("late").end())
from agentops.plugins import plugins
class Sink:
    def put(self, span):
        if span.has_ended: os.write(1, f"{span.name}\\n".encode())
    def flush(self, timeout_s=None): return True
    def close(self, timeout_s): pass
class Plugin:
    @agentops.hookimpl
    def agentops_exporters(self, config): return [Sink()]
plugins.register(Plugin(), "one")
agentops.init(auto_start_session=False)
with agentops.start_session("s"):
    agentops.tool(name="before")(lambda: None)()
    child = os.fork()
    if child == 0:
        agentops.tool(name="child")(lambda: None)()
        agentops.flush()
        os._exit(0)
    os.waitpid(child, 0)
"""


def test_a_forked_child_exports_its_own_spans_only() -> None:
    """What waited in the parent is handed over by the parent, at the program's end all of it, and what comes later."""
    assert sorted(run_program(PROGRAM).stdout.split()) == ["before", "child", "late", "s"]
