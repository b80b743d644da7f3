"""The events of AgentOps' older API, which did nothing in 0.4: they record."""

import datetime

import pytest

import agentops
from agentops import ActionEvent, ErrorEvent, LLMEvent, ToolEvent
from agentops.testing import recording


def test_each_kind_of_event_becomes_a_span() -> None:
    """Names, kinds, what went in and out, tokens and cost, inside the session that records them."""
    with recording() as recorded:
        session = agentops.start_session("old")
        session.record(ActionEvent(action_type="search", params={"q": "x"}, returns="found", logs="one"))
        agentops.record(ToolEvent(name="browser", params={"url": "y"}, returns=[1]))
        agentops.record(
            LLMEvent(
                prompt=[{"role": "system", "content": "be brief"}, {"role": "user", "content": "hi"}],
                completion={"role": "assistant", "content": "hello"},
                model="gpt-4o", prompt_tokens=7, completion_tokens=3, cost=0.5, thread_id="t",
            )
        )  # fmt: skip
        agentops.end_session("Success")
    assert recorded.outline() == "session old\n  operation search\n  tool browser\n  llm gpt-4o"
    search, browser, model = recorded.spans[1:]
    assert (search.input, search.output) == ({"q": "x"}, "found")
    assert search.events is not None
    assert search.events[0][2] == {"logs": "one"}
    assert (browser.input, browser.output) == ({"url": "y"}, [1])
    assert [part["parts"][0]["content"] for part in model.input] == ["be brief", "hi"]  # type: ignore[attr-defined]
    assert model.output == [{"role": "assistant", "parts": [{"type": "text", "content": "hello"}]}]
    assert model.attributes["gen_ai.request.model"] == "gpt-4o"
    assert model.attributes["gen_ai.usage.input_tokens"] == 7
    assert model.attributes["gen_ai.usage.output_tokens"] == 3
    assert model.attributes["agentops.cost.usd"] == 0.5


def test_an_event_lasts_from_its_making_to_its_recording() -> None:
    """Times that the program gives win, as ISO text without a zone (which is UTC), as datetime and as seconds."""
    start = datetime.datetime(2024, 1, 1, 0, 0, 1, tzinfo=datetime.timezone.utc)
    seconds = start.timestamp()
    with recording(), agentops.start_session("old") as session:
        session.root.start_ns = 0
        for given in ("2024-01-01T00:00:01", start, seconds):
            event = ActionEvent("x", init_timestamp=given, end_timestamp=seconds + 2)
            agentops.record(event)
            assert event.span is not None
            assert (event.span.start_ns, event.span.end_ns) == (int(seconds * 1e9), int((seconds + 2) * 1e9))


def test_an_error_event_marks_what_triggered_it() -> None:
    """With ``trigger_event`` that event has failed, recorded before or not; without one the error is a node itself."""
    with recording() as recorded, agentops.start_session("old"):
        first, second = ActionEvent("first"), ToolEvent("second")
        agentops.record(first)
        agentops.record(ErrorEvent(exception=ValueError("no"), trigger_event=first))
        agentops.record(ErrorEvent(error_type="Timeout", details="slow", trigger_event=second))
        agentops.record(ErrorEvent(message="alone"))
    assert recorded.outline() == (
        "session old\n  operation first [error ValueError]\n  tool second [error Timeout]\n  event error [error error]"
    )
    assert [span.error and span.error.message for span in recorded.spans[1:]] == ["no", "slow", "alone"]


def test_what_is_no_event_is_said_and_harms_nothing(caplog: pytest.LogCaptureFixture) -> None:
    """``record()`` of something else names the four kinds."""
    with recording() as recorded:
        agentops.record("hello")
    assert "record() takes an ActionEvent, LLMEvent, ToolEvent or ErrorEvent, not 'str'" in caplog.text
    assert recorded.find("operation") == []


def test_content_is_left_out_where_it_is_not_wanted() -> None:
    """``metadata_only`` keeps names, models and tokens, and nothing that anybody said."""
    with recording(capture_content="metadata_only") as recorded:
        agentops.record(LLMEvent(prompt="secret", completion="secret", model="m", prompt_tokens=1, logs="secret"))
    [model] = recorded.find("llm")
    assert (model.input, model.output, model.events) == (None, None, None)
    assert model.attributes["gen_ai.usage.input_tokens"] == 1


def test_track_agent_and_track_tool_in_all_their_spellings() -> None:
    """Bare, called with and without a name, and with the name as the first argument."""

    @agentops.track_agent(name="planner")
    class Planner:
        def plan(self) -> str:
            return search("x") + read() + write()

    @agentops.track_tool("search")
    def search(text: str) -> str:
        return text

    @agentops.track_tool(tool_name="reader")
    def read() -> str:
        return "y"

    @agentops.track_tool
    def write() -> str:
        return "z"

    with recording() as recorded:
        assert Planner().plan() == "xyz"
    assert (
        recorded.outline() == "session default\n  agent planner.plan\n    tool search\n    tool reader\n    tool write"
    )
