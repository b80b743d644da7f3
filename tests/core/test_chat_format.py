"""Reading messages of OpenAI's two formats."""

from types import SimpleNamespace
from typing import Any

import pytest

from agentops.chat_format import chat_message, chat_messages, response_message, response_messages, usage_of
from agentops.messages import Usage

CALL = {"id": "c1", "type": "function", "function": {"name": "add", "arguments": '{"a": 1}'}}
PART = {"type": "tool_call", "id": "c1", "name": "add", "arguments": {"a": 1}}


@pytest.mark.parametrize(
    ("given", "read"),
    [
        ({"role": "user", "content": "Hi"}, {"role": "user", "parts": [{"type": "text", "content": "Hi"}]}),
        ({"role": "developer", "content": "Be"}, {"role": "system", "parts": [{"type": "text", "content": "Be"}]}),
        ({"role": "assistant", "content": None, "tool_calls": [CALL]}, {"role": "assistant", "parts": [PART]}),
        (
            {"role": "tool", "tool_call_id": "c1", "content": [{"type": "text", "text": "2"}]},
            {"role": "tool", "parts": [{"type": "tool_call_response", "id": "c1", "response": "2"}]},
        ),
        (
            {"role": "assistant", "reasoning_content": "Hm", "content": "2", "refusal": None},
            {
                "role": "assistant",
                "parts": [{"type": "reasoning", "content": "Hm"}, {"type": "text", "content": "2"}],
            },
        ),
        (
            {"role": "assistant", "content": None, "refusal": "No."},
            {"role": "assistant", "parts": [{"type": "text", "content": "No."}]},
        ),
        (
            {"role": "assistant", "function_call": {"name": "add", "arguments": "not json"}},
            {"role": "assistant", "parts": [{"type": "tool_call", "id": None, "name": "add", "arguments": "not json"}]},
        ),
    ],
)
def test_chat_messages(given: dict[str, Any], read: dict[str, Any]) -> None:
    """A chat message is read alike from a dictionary and from an object."""
    assert chat_messages([given]) == [read]
    if "tool_calls" not in given and "function_call" not in given:
        assert chat_message(SimpleNamespace(**given)) == read


def test_chat_content_of_several_kinds() -> None:
    """Images, sound and files become parts of their own."""
    content = [
        {"type": "text", "text": "See"},
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA"}},
        {"type": "input_audio", "input_audio": {"data": "BB", "format": "wav"}},
        {"type": "file", "file": {"file_id": "f1"}},
    ]
    assert chat_message({"role": "user", "content": content})["parts"] == [
        {"type": "text", "content": "See"},
        {"type": "blob", "modality": "image", "mime_type": None, "content": "data:image/png;base64,AA"},
        {"type": "blob", "modality": "audio", "mime_type": "wav", "content": "BB"},
        {"type": "file", "content": {"type": "file", "file": {"file_id": "f1"}}},
    ]


def test_response_items() -> None:
    """Items of one turn become one message: what the model thought, said and called, and what came back."""
    items = [
        {"role": "user", "content": "How much?"},
        {"type": "reasoning", "summary": [{"type": "summary_text", "text": "Add."}]},
        {"type": "function_call", "call_id": "c1", "name": "add", "arguments": '{"a": 1}'},
        {"type": "function_call", "call_id": "c2", "name": "add", "arguments": '{"a": 2}'},
        {"type": "function_call_output", "call_id": "c1", "output": "1"},
        {"type": "function_call_output", "call_id": "c2", "output": "2"},
        {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "3"}]},
    ]
    assert response_messages(items) == [
        {"role": "user", "parts": [{"type": "text", "content": "How much?"}]},
        {
            "role": "assistant",
            "parts": [
                {"type": "reasoning", "content": "Add."},
                PART,
                {"type": "tool_call", "id": "c2", "name": "add", "arguments": {"a": 2}},
            ],
        },
        {
            "role": "tool",
            "parts": [
                {"type": "tool_call_response", "id": "c1", "response": "1"},
                {"type": "tool_call_response", "id": "c2", "response": "2"},
            ],
        },
        {"role": "assistant", "parts": [{"type": "text", "content": "3"}]},
    ]


def test_hosted_tools_of_a_reply() -> None:
    """A search that the provider ran itself is a tool call of its kind; an unknown item is kept as it is."""
    items = [
        {"type": "web_search_call", "id": "ws1", "status": "completed", "action": {"query": "rome"}},
        {"type": "compaction", "id": "x"},
    ]
    assert response_message(items, "stop") == {
        "role": "assistant",
        "parts": [
            {"type": "tool_call", "id": "ws1", "name": "web_search", "arguments": {"query": "rome"}},
            {"type": "compaction", "content": {"type": "compaction", "id": "x"}},
        ],
        "finish_reason": "stop",
    }


@pytest.mark.parametrize("read", [chat_messages, response_messages])
@pytest.mark.parametrize(("given", "expected"), [("Hi", 1), (None, 0), (7, 0)])
def test_what_is_no_list(read: Any, given: Any, expected: int) -> None:
    """A bare text is one user message; what cannot be read is none."""
    assert len(read(given)) == expected


@pytest.mark.parametrize("read", [chat_messages, response_messages])
def test_a_generator_is_left_to_the_provider(read: Any) -> None:
    """Reading it would leave the provider without messages."""
    messages = iter([{"role": "user", "content": "Hi"}])
    assert read(messages) == []
    assert len(list(messages)) == 1


def test_usage_of_both_formats() -> None:
    """Tokens by class under either format's names; what is not reported is None."""
    chat = {
        "prompt_tokens": 10,
        "completion_tokens": 5,
        "prompt_tokens_details": {"cached_tokens": 4},
        "completion_tokens_details": {"reasoning_tokens": 3},
    }
    response = SimpleNamespace(
        input_tokens=10,
        output_tokens=5,
        input_tokens_details=SimpleNamespace(cached_tokens=4, cache_write_tokens=2),
        output_tokens_details=SimpleNamespace(reasoning_tokens=3),
    )
    assert usage_of(chat) == Usage(10, 5, 4, None, 3)
    assert usage_of(response) == Usage(10, 5, 4, 2, 3)
    assert usage_of(None) == Usage()
