"""Calls of models, in each of the forms that LlamaIndex has for them."""

import asyncio
import gc
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest
from llama_index.core.base.llms.types import ChatMessage, ChatResponse, CompletionResponse, LLMMetadata
from llama_index.core.llms import CustomLLM
from llama_index.core.llms.callbacks import llm_chat_callback, llm_completion_callback
from llama_index.core.llms.mock import MockLLM
from llama_index.core.prompts import PromptTemplate
from pydantic import BaseModel

import agentops
from agentops.messages import Usage
from agentops.testing import Recording
from agentops_llama_index.model_facts import finish_reason_of, usage_in
from agentops_llama_index.scripted import Answer, ScriptedLLM
from tests.integrations.llama_index.agents_under_test import check

ONE = "session default\n  llm gpt-4o"
HELLO = [ChatMessage(role="user", content="Hello?")]


def scripted(*answers: Answer | str | Exception) -> ScriptedLLM:
    return ScriptedLLM("gpt-4o", answers or [Answer(text="Hello to you.", input_tokens=11, output_tokens=4)])


async def _read(stream: Any) -> str:
    said = ""
    async for piece in await stream:
        said += piece.delta or ""
    return said


FORMS: dict[str, Callable[[ScriptedLLM], str]] = {
    "chat": lambda model: str(model.chat(HELLO).message.content),
    "achat": lambda model: str(asyncio.run(model.achat(HELLO)).message.content),
    "stream_chat": lambda model: "".join(str(piece.delta) for piece in model.stream_chat(HELLO)),
    "astream_chat": lambda model: asyncio.run(_read(model.astream_chat(HELLO))),
    "complete": lambda model: model.complete("Hello?").text,
    "acomplete": lambda model: asyncio.run(model.acomplete("Hello?")).text,
    "stream_complete": lambda model: "".join(str(piece.delta) for piece in model.stream_complete("Hello?")),
    "astream_complete": lambda model: asyncio.run(_read(model.astream_complete("Hello?"))),
}


@pytest.mark.parametrize("form", FORMS)
def test_each_form_is_one_call(recorded: Recording, form: str) -> None:
    """Question, answer, tokens and reason are the same; a stream says so, and when it began to speak."""
    assert FORMS[form](scripted()) == "Hello to you."
    assert check(recorded) == ONE
    (call,) = recorded.find("llm")
    assert call.input == [{"role": "user", "parts": [{"type": "text", "content": "Hello?"}]}]
    said = [{"type": "text", "content": "Hello to you."}]
    assert call.output == [{"role": "assistant", "parts": said, "finish_reason": "stop"}]
    known = call.attributes
    assert (known["gen_ai.usage.input_tokens"], known["gen_ai.usage.output_tokens"]) == (11, 4)
    assert known.get("gen_ai.operation.name", "chat") == ("text_completion" if "complete" in form else "chat")
    assert known.get("gen_ai.request.stream", False) is ("stream" in form)
    assert ("gen_ai.response.time_to_first_chunk" in known) is ("stream" in form)


def test_a_stream_lasts_as_long_as_its_answer(recorded: Recording) -> None:
    """The call is open until the last piece; the first piece, which says nothing, is not the first token."""
    stream = scripted(Answer(text="One two three.", seconds=0.05)).stream_chat(HELLO)
    next(stream)
    (call,) = recorded.find("llm")
    assert "gen_ai.response.time_to_first_chunk" not in call.attributes
    assert not call.has_ended
    next(stream)
    assert not call.has_ended
    list(stream)
    assert call.has_ended
    waited = call.attributes["gen_ai.response.time_to_first_chunk"]
    assert isinstance(waited, float)
    assert 0 < waited < (call.end_ns - call.start_ns) / 1e9
    check(recorded)


def test_a_stream_that_is_closed_early_ends(recorded: Recording) -> None:
    """What had come until then is kept."""
    stream = scripted().stream_chat(HELLO)
    next(stream)
    next(stream)
    stream.close()
    assert check(recorded) == ONE
    (call,) = recorded.find("llm")
    assert call.attributes["agentops.span.closed_early"] is True
    assert call.output == [{"role": "assistant", "parts": [{"type": "text", "content": "Hello"}]}]


def test_a_stream_that_is_let_go_of_ends(recorded: Recording) -> None:
    """Before its first piece, or in its middle, synchronous or not."""
    scripted().stream_chat(HELLO)

    async def leave() -> None:
        await scripted().astream_chat(HELLO)
        async for _ in await scripted().astream_chat(HELLO):
            break

    asyncio.run(leave())
    gc.collect()
    assert check(recorded) == "session default\n  llm gpt-4o\n  llm gpt-4o\n  llm gpt-4o"
    assert [call.attributes["agentops.span.closed_early"] for call in recorded.find("llm")] == [True] * 3


def test_a_stream_that_breaks_has_its_error(recorded: Recording) -> None:
    """The exception reaches the consumer unchanged."""
    broken = ConnectionError("line cut")
    with pytest.raises(ConnectionError) as caught:
        list(scripted(broken).stream_chat(HELLO))
    assert caught.value is broken
    assert check(recorded) == f"{ONE} [error ConnectionError]"
    (call,) = recorded.find("llm")
    assert call.error is not None
    assert call.error.stack


def test_a_stream_that_is_cancelled_is_cancelled(recorded: Recording) -> None:
    """A task that is called off while it waits for the next piece."""

    async def read() -> None:
        async for _ in await scripted(Answer(text="Slow.", seconds=60)).astream_chat(HELLO):
            pass

    async def leave() -> None:
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(read(), 0.05)

    asyncio.run(leave())
    check(recorded)
    assert [call.status for call in recorded.find("llm")] == ["cancelled"]


def test_a_stream_that_is_read_elsewhere_stays_where_it_began(recorded: Recording) -> None:
    """A function returns the stream, and its caller reads it: the call outlives what is around it."""

    @agentops.operation
    def begin() -> Iterator[ChatResponse]:
        return scripted().stream_chat(HELLO)

    assert len(list(begin())) == 5
    assert check(recorded) == "session default\n  operation begin\n    llm gpt-4o"
    assert recorded.find("llm")[0].attributes["gen_ai.usage.input_tokens"] == 11


class Plain(CustomLLM):
    """A model as the documentation shows how to write one: it completes, and LlamaIndex makes all else of that."""

    @property
    def metadata(self) -> LLMMetadata:
        return LLMMetadata(model_name="plain")

    @llm_completion_callback()
    def complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> CompletionResponse:
        return CompletionResponse(text="Hi.", additional_kwargs={"prompt_tokens": 7, "completion_tokens": 2})

    @llm_completion_callback()
    def stream_complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> Any:
        def speak() -> Iterator[CompletionResponse]:
            yield CompletionResponse(text="H", delta="H")
            yield CompletionResponse(text="Hi.", delta="i.")

        return speak()


@pytest.mark.parametrize("form", FORMS)
def test_a_model_of_ones_own_is_asked_once(recorded: Recording, form: str) -> None:
    """A chat that is made of a completion, and an asynchronous stream of a synchronous one, are one call each."""
    assert FORMS[form](Plain()) == "Hi."  # type: ignore[arg-type]
    assert check(recorded) == "session default\n  llm plain"
    (call,) = recorded.find("llm")
    assert call.output == [{"role": "assistant", "parts": [{"type": "text", "content": "Hi."}]}]


def test_the_same_question_twice_is_two_calls(recorded: Recording) -> None:
    """Two streams of one model at the same time, of the same messages."""
    model = Plain()

    async def both() -> None:
        await asyncio.gather(_read(model.astream_chat(HELLO)), _read(model.astream_chat(HELLO)))

    asyncio.run(both())
    assert check(recorded) == "session default\n  llm plain\n  llm plain"


def test_a_model_that_tells_nothing_ends_with_its_stream(recorded: Recording) -> None:
    """Without LlamaIndex's decorators there are no events: the call ends when the stream is let go."""

    class Silent(Plain):
        def stream_complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> Any:
            return (CompletionResponse(text=word, delta=word) for word in ("a", "b"))

    for _ in Silent().stream_complete("Hello?"):
        pass
    assert check(recorded) == "session default\n  llm plain"


def test_what_is_made_of_a_call_is_not_shown(recorded: Recording) -> None:
    """``predict`` and structured answers are the calls and tools that they consist of."""

    class City(BaseModel):
        """A city."""

        name: str
        river: str

    template = PromptTemplate("Where is {what}?")
    assert scripted("In Vienna.").predict(template, what="it") == "In Vienna."
    city = scripted(Answer(calls=[("City", {"name": "Vienna", "river": "Danube"})])).structured_predict(
        City, template, what="it"
    )
    assert city.name == "Vienna"
    assert check(recorded) == "session default\n  llm gpt-4o\n  llm gpt-4o\n  tool City"


def test_tokens_that_the_providers_library_counted_stand(recorded: Recording) -> None:
    """A library below that is recorded too knows more of what a cache did than LlamaIndex hands on."""
    library = agentops.Recorder("library")

    class Counted(ScriptedLLM):
        @llm_chat_callback()
        def chat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> ChatResponse:
            call = library.model_call("gpt-4o")
            assert call is not None
            call.finish(attributes=Usage(input_tokens=99, output_tokens=5, cache_read=64).attributes())
            return super().chat(messages, **kwargs)

    Counted("gpt-4o", ["Yes."]).chat(HELLO)
    assert check(recorded) == ONE
    known = recorded.find("llm")[0].attributes
    assert (known["gen_ai.usage.input_tokens"], known["gen_ai.usage.cache_read.input_tokens"]) == (99, 64)


def test_settings_are_on_the_call(recorded: Recording) -> None:
    """Those of the model, and those of the call before them."""

    class Warm(ScriptedLLM):
        temperature: float = 0.7
        max_tokens: int = 200

    Warm("gpt-4o", ["Yes."]).chat(HELLO, temperature=0.1)
    (call,) = recorded.find("llm")
    assert (call.attributes["gen_ai.request.temperature"], call.attributes["gen_ai.request.max_tokens"]) == (0.1, 200)


def test_a_model_without_usage_has_none(recorded: Recording) -> None:
    """Nothing is counted that nobody reported."""
    MockLLM(max_tokens=3).complete("Hello?")
    assert check(recorded) == "session default\n  llm MockLLM"
    assert not [name for name in recorded.find("llm")[0].attributes if "usage" in name or "finish" in name]


USAGES: Sequence[tuple[Any, Usage, str | None]] = (
    (
        {
            "choices": [{"finish_reason": "stop"}],
            "usage": {"prompt_tokens": 9, "completion_tokens": 3, "prompt_tokens_details": {"cached_tokens": 4}},
        },
        Usage(input_tokens=9, output_tokens=3, cache_read=4),
        "stop",
    ),
    (
        {
            "stop_reason": "end_turn",
            "usage": {
                "input_tokens": 5,
                "output_tokens": 3,
                "cache_read_input_tokens": 90,
                "cache_creation_input_tokens": 1,
            },
        },
        Usage(input_tokens=96, output_tokens=3, cache_read=90, cache_creation=1),
        "end_turn",
    ),
    (
        {"stopReason": "tool_use", "usage": {"inputTokens": 5, "outputTokens": 3}},
        Usage(input_tokens=5, output_tokens=3),
        "tool_use",
    ),
    (
        {
            "candidates": [{"finish_reason": "STOP"}],
            "usage_metadata": {"prompt_token_count": 5, "candidates_token_count": 3, "thoughts_token_count": 2},
        },
        Usage(input_tokens=5, output_tokens=5, reasoning=2),
        "STOP",
    ),
    (
        {"prompt_eval_count": 5, "eval_count": 3, "done_reason": "stop"},
        Usage(input_tokens=5, output_tokens=3),
        "stop",
    ),
)


@pytest.mark.parametrize(("raw", "usage", "reason"), USAGES)
def test_each_providers_format_is_read(raw: Any, usage: Usage, reason: str | None) -> None:
    """Input tokens include what a cache took part in, output tokens include reasoning, whoever counts them apart."""
    response = ChatResponse(message=ChatMessage(role="assistant", content="Yes."), raw=raw)
    assert (usage_in(response), finish_reason_of(response)) == (usage, reason)
