"""Inputs and outputs as messages."""

import pytest

from agentops_dashboard.pages.content import Message, Part, as_text, cut, instructions, messages_of

CALL = {"type": "tool_call", "id": "c1", "name": "search", "arguments": {"q": 1}}


def test_the_genai_shape_is_read() -> None:
    """Text, tool calls and their results, reasoning, and why the model stopped."""
    value = [
        {"role": "user", "parts": [{"type": "text", "content": "hi"}]},
        {"role": "assistant", "parts": [{"type": "reasoning", "content": "hm"}, CALL], "finish_reason": "tool_calls"},
        {"role": "tool", "parts": [{"type": "tool_call_response", "id": "c1", "response": {"n": 3}}]},
    ]
    assert messages_of(value) == [
        Message("user", [Part("text", text="hi")]),
        Message(
            "assistant",
            [Part("reasoning", text="hm"), Part("tool_call", name="search", call_id="c1", data={"q": 1})],
            "tool_calls",
        ),
        Message("tool", [Part("tool_result", text='{\n  "n": 3\n}', call_id="c1", data={"n": 3})]),
    ]


def test_the_openai_shape_is_read() -> None:
    """Content as text, calls beside it, results as messages of their own."""
    value = [
        {
            "role": "assistant",
            "content": None,
            "tool_calls": [{"id": "c1", "function": {"name": "f", "arguments": "{}"}}],
        },
        {"role": "tool", "tool_call_id": "c1", "content": "42"},
    ]
    assert messages_of(value) == [
        Message("assistant", [Part("tool_call", name="f", call_id="c1", data="{}")]),
        Message("tool", [Part("tool_result", text="42", call_id="c1")]),
    ]


def test_a_graphs_state_is_a_conversation() -> None:
    """The usual state of a LangGraph program holds nothing but messages."""
    messages = [{"role": "user", "content": "hi"}]
    assert messages_of({"messages": messages}) == messages_of(messages) != []
    assert messages_of({"messages": messages, "customer": 1}) == []


@pytest.mark.parametrize("value", [None, "", "text", 3, [], {}, [1], [{"content": "x"}], ["role"]])
def test_anything_else_is_no_conversation(value: object) -> None:
    """It is shown as text or data instead."""
    assert messages_of(value) == []


@pytest.mark.parametrize("part", [None, 3, [], {"type": 5}, {"type": "text", "content": {"a": 1}}, {"type": "blob"}])
def test_odd_parts_are_kept_as_data(part: object) -> None:
    """No part of what was said is dropped, however odd, but an empty one."""
    (message,) = messages_of([{"role": "user", "parts": [part]}])
    assert [found.kind for found in message.parts] == ([] if part is None else ["data"])


def test_only_pictures_are_shown_as_pictures() -> None:
    """An SVG could carry a script, and an address would tell a stranger's server."""
    png = {"type": "blob", "mime_type": "image/png", "content": "iVBORw0KGgo="}
    svg = {"type": "blob", "mime_type": "image/svg+xml", "content": "PHN2Zz4="}
    far = {"type": "uri", "uri": "https://example.org/x.png"}
    (message,) = messages_of([{"role": "user", "parts": [png, svg, far]}])
    assert [part.kind for part in message.parts] == ["image", "data", "data"]


def test_a_picture_is_one_in_the_shapes_of_providers() -> None:
    """Anthropic's source and OpenAI's address with the picture in it; one that lies elsewhere is never fetched."""
    inside = "data:image/png;base64,iVBORw0KGgo="
    parts = [
        {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "iVBORw0KGgo="}},
        {"type": "image_url", "image_url": {"url": inside}},
        {"type": "input_image", "image_url": inside},
        {"type": "image_url", "image_url": {"url": "https://example.org/x.png"}},
        {"type": "image_url", "image_url": {"url": "data:image/svg+xml;base64,PHN2Zz4="}},
        {"type": "image", "source": {"type": "url", "url": "https://example.org/x.png"}},
    ]
    (message,) = messages_of([{"role": "user", "content": parts}])
    assert [part.kind for part in message.parts] == ["image"] * 3 + ["data"] * 3
    assert {part.text for part in message.parts[:3]} == {inside}


def test_instructions_are_text() -> None:
    """Whether they come as parts, as their JSON, or as text."""
    parts = [{"type": "text", "content": "a"}, {"type": "text", "content": "b"}]
    assert instructions(parts) == "a\n\nb"
    assert instructions('[{"type":"text","content":"a"}]') == "a"
    assert instructions("[not json") == "[not json"
    assert instructions(None) == as_text(None) == ""


def test_a_long_text_says_how_much_is_missing() -> None:
    """The rest is counted."""
    assert cut("x" * 10, 4) == ("xxxx", 6)
    assert cut("x" * 4, 4) == ("xxxx", 0)
