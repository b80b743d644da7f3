"""Model calls that a provider's library makes: one span each, whoever saw it first."""

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from agentops import ModelCall, Recorder, Span
from agentops.messages import message
from agentops.sdk.model_call import _claimed
from agentops.semconv import GenAI, SpanKind
from agentops.semconv import Span as Attr
from agentops.testing import Recording, recording
from agentops.testing.conformance import check_tree
from tests.spooled import read_spool, run_program


@pytest.fixture
def recorded() -> Iterator[Recording]:
    with recording() as block:
        yield block
    check_tree(block)
    assert _claimed == {}, "every claim is given back"


@pytest.fixture
def framework() -> Recorder:
    return Recorder("framework")


@pytest.fixture
def provider() -> Recorder:
    return Recorder("provider")


def _begin(recorder: Recorder, model: str = "gpt-4o", said: str | None = "Hi", **options: Any) -> ModelCall:
    asked = [message("user", said)] if said is not None else None
    call = recorder.model_call(model, input=asked, attributes={GenAI.REQUEST_MODEL: model}, **options)
    assert call is not None
    return call


def _model_span(recorder: Recorder, model: str | None = "gpt-4o", said: str | None = "Hi") -> Span:
    asked = [message("user", said)] if said is not None else None
    span = recorder.start(SpanKind.LLM, model or "model", input=asked, attributes={GenAI.REQUEST_MODEL: model})
    assert span is not None
    return span


def test_alone_it_is_a_span_of_its_own(recorded: Recording, provider: Recorder) -> None:
    """Without a framework the call is an llm span with everything on it."""
    call = _begin(provider)
    call.first_chunk()
    call.first_chunk()
    call.retried(2)
    call.finish(output=[message("assistant", "Ho")], attributes={GenAI.USAGE_INPUT_TOKENS: 3})
    (span,) = recorded.find("llm")
    assert span.attributes == {
        GenAI.REQUEST_MODEL: "gpt-4o",
        GenAI.INPUT_MESSAGES: [message("user", "Hi")],
        GenAI.OUTPUT_MESSAGES: [message("assistant", "Ho")],
        GenAI.RESPONSE_TIME_TO_FIRST_CHUNK: 0.001,
        GenAI.USAGE_INPUT_TOKENS: 3,
        Attr.HTTP_RETRIES: 2,
    }


@pytest.mark.parametrize("is_current", [True, False], ids=["around", "beside"])
def test_it_adds_what_the_frameworks_span_lacks(
    recorded: Recording, framework: Recorder, provider: Recorder, is_current: bool
) -> None:
    """Under a framework's open span, or beside one for the same call, no second span appears; what is known stays."""
    with framework.span(SpanKind.AGENT, "a"):
        span = framework.start(
            SpanKind.LLM, "gpt-4o", attributes={GenAI.RESPONSE_ID: "theirs"}, make_current=is_current
        )
        assert span is not None
        call = _begin(provider, "openai/gpt-4o")
        call.finish(
            attributes={GenAI.RESPONSE_ID: "ours", GenAI.USAGE_INPUT_TOKENS: 3}, output=[message("assistant", "")]
        )
        assert call.span is span
        assert not span.has_ended, "who opened it ends it"
        framework.end(span, attributes={GenAI.USAGE_OUTPUT_TOKENS: 1})
    assert len(recorded.find("llm")) == 1
    assert span.attributes[GenAI.RESPONSE_ID] == "theirs"
    assert span.attributes[GenAI.USAGE_INPUT_TOKENS] == 3


def test_a_frameworks_span_at_the_top(recorded: Recording, framework: Recorder, provider: Recorder) -> None:
    """A bare model call of a framework, with nothing around it, is found in the automatic session."""
    span = _model_span(framework)
    call = _begin(provider)
    assert call.span is span
    call.finish()
    framework.end(span)
    assert recorded.outline().splitlines()[1:] == ["  llm gpt-4o"]


def test_parallel_calls_find_their_own_span(recorded: Recording, framework: Recorder, provider: Recorder) -> None:
    """Of several open spans each call takes the one with its message, or one that no other call has."""
    with framework.span(SpanKind.AGENT, "a"):
        spans = [_model_span(framework, said=said) for said in ("one", "two", "three")]
        calls = [_begin(provider, said=said) for said in ("two", "three", "one")]
        assert [call.span for call in calls] == [spans[1], spans[2], spans[0]]
        for call in calls:
            call.finish()
        for span in spans:
            framework.end(span)
        blind = [_model_span(framework, said=None) for _ in range(2)]
        blind_calls = [_begin(provider, said=None) for _ in range(2)]
        assert {call.span for call in blind_calls} == set(blind)
        for call in blind_calls:
            call.finish()
        for span in blind:
            framework.end(span)
    assert len(recorded.find("llm")) == 5


@pytest.mark.parametrize(
    ("model", "said"), [("gpt-4o", "something else"), ("claude", None)], ids=["another message", "another model"]
)
def test_another_call_gets_another_span(
    recorded: Recording, framework: Recorder, provider: Recorder, model: str, said: str | None
) -> None:
    """A call beside a framework's open span which is not the one it stands for is recorded by itself."""
    with framework.span(SpanKind.AGENT, "a"):
        span = _model_span(framework)
        call = _begin(provider, model, said)
        assert call.span is not span
        call.finish()
        framework.end(span)
    assert len(recorded.find("llm")) == 2


def test_a_call_in_a_tool_is_not_the_one_around_the_tool(
    recorded: Recording, framework: Recorder, provider: Recorder
) -> None:
    """A tool that asks a model does so for itself, even if it runs inside a model's span."""
    with framework.span(SpanKind.LLM, "gpt-4o"), framework.span(SpanKind.TOOL, "t"):
        _begin(provider).finish()
    assert recorded.outline().splitlines()[1:] == ["  llm gpt-4o", "    tool t", "      llm gpt-4o"]


def test_three_libraries_on_one_call(recorded: Recording, framework: Recorder, provider: Recorder) -> None:
    """A framework, a router and a client library see one call, and there is one span."""
    router = Recorder("router")
    with framework.span(SpanKind.AGENT, "a"):
        span = _model_span(framework)
        outer = _begin(router)
        inner = _begin(provider)
        assert outer.span is inner.span is span
        inner.finish()
        outer.finish()
        framework.end(span)
    assert len(recorded.find("llm")) == 1


def test_a_second_call_in_the_same_span_adds_to_it(
    recorded: Recording, framework: Recorder, provider: Recorder
) -> None:
    """A framework that tries again inside its span has made one call as far as its user is concerned."""
    with framework.span(SpanKind.AGENT, "a"):
        span = _model_span(framework)
        _begin(provider).fail(ValueError("try again"))
        _begin(provider).finish()
        framework.end(span)
    assert [item.status for item in recorded.find("llm")] == ["ok"]


def test_own_streams_stay_apart(recorded: Recording, provider: Recorder) -> None:
    """A call that begins while a stream of the same library is open is another call."""
    first = _begin(provider)
    second = _begin(provider)
    assert first.span is not second.span
    second.fail(ValueError("no"))
    first.finish(closed_early=True)
    assert [span.status for span in recorded.find("llm")] == ["ok", "error"]
    assert first.span.attributes[Attr.CLOSED_EARLY] is True


def test_embeddings_are_no_model_calls(recorded: Recording, framework: Recorder, provider: Recorder) -> None:
    """An embedding asked for inside a model's span is a span of its own."""
    with framework.span(SpanKind.LLM, "gpt-4o"):
        call = provider.model_call("embed", kind=SpanKind.EMBEDDING, input=["a"])
        assert call is not None
        call.finish()
    assert recorded.outline().splitlines()[1:] == ["  llm gpt-4o", "    embedding embed"]


@pytest.mark.parametrize("kind", [SpanKind.LLM, SpanKind.EMBEDDING])
def test_what_a_librarys_own_code_calls_is_the_same_call(recorded: Recording, provider: Recorder, kind: str) -> None:
    """Inside ``with call:`` another library adds to the span, whatever it asks; the same library records nothing."""
    router = Recorder("router")
    call = _begin(router, kind=kind)
    with call:
        below = _begin(provider, "another", "rewritten", kind=kind)
        assert below.span is call.span
        assert router.model_call("inner", kind=kind) is None
        below.finish(attributes={GenAI.USAGE_INPUT_TOKENS: 3})
        call.finish()
        after = _begin(provider, kind=kind)
        assert after.span is not call.span, "a task that was started inside and goes on makes calls of its own"
        after.finish()
    assert [span.attributes.get(GenAI.USAGE_INPUT_TOKENS) for span in recorded.find(kind)] == [3, None]


def test_answer_after_the_frameworks_end_still_counts(
    recorded: Recording, framework: Recorder, provider: Recorder
) -> None:
    """A framework that ends its span before the stream's end gets the tokens all the same."""
    with framework.span(SpanKind.AGENT, "a"):
        span = _model_span(framework)
        call = _begin(provider)
        framework.end(span)
        version = span.version
        call.finish(attributes={GenAI.USAGE_OUTPUT_TOKENS: 7})
    assert span.attributes[GenAI.USAGE_OUTPUT_TOKENS] == 7
    assert span.version > version


SPEAKS = """
import os, time
import agentops
from agentops.messages import message

class Answer:
    said = ""
    @property
    def output(self):
        return [message("assistant", self.said)]

agentops.init()
with agentops.start_session("chat"):
    call = agentops.Recorder("provider").model_call("gpt-4o", input=[message("user", "Tell me a story")])
    answer = Answer()
    until = time.monotonic() + 2.6
    while time.monotonic() < until:
        answer.said += "word "
        call.first_chunk()
        call.so_far(answer)
        time.sleep(0.02)
    {end}
"""


def test_a_streamed_answer_can_be_read_along_and_outlives_its_program(agentops_home: Path) -> None:
    """What was said about a second ago is on the disk: also that of a program that was killed while it listened."""
    done = run_program(SPEAKS.format(end="agentops.flush(); os._exit(9)"), check=False)
    assert done.returncode == 9
    (call,) = (span for span in read_spool(agentops_home).spans.values() if span.kind == "llm")
    assert call.end_ns == 0
    said = call.attributes[GenAI.OUTPUT_MESSAGES]
    assert said.count("word ") > 40
    assert len(call.versions) == 3


def test_the_end_of_a_streamed_answer_replaces_its_beginning(agentops_home: Path) -> None:
    """The last record holds the whole answer once, and the size of the span is that of what it holds."""
    end = 'answer.said += "END"; call.finish(output=answer.output); assert call.span.size < 2000'
    run_program(SPEAKS.format(end=end))
    (call,) = (span for span in read_spool(agentops_home).spans.values() if span.kind == "llm")
    assert call.end_ns > 0
    assert call.attributes[GenAI.OUTPUT_MESSAGES].count("END") == 1
    assert len(call.versions) == 4


def test_what_a_framework_has_set_is_not_talked_over(
    recorded: Recording, framework: Recorder, provider: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An output that is there already stays, and so does one that comes while the answer streams."""
    monkeypatch.setattr("agentops.sdk.model_call._BETWEEN_WORDS_NS", 0)
    span = _model_span(framework)
    call = _begin(provider)
    assert call.span is span
    span.set_output([message("assistant", "by the framework")])
    call.so_far(SimpleNamespace(output=[message("assistant", "by the provider")]))
    call.finish(output=[message("assistant", "by the provider, whole")])
    framework.end(span)
    (found,) = recorded.find("llm")
    assert found.output == [message("assistant", "by the framework")]
