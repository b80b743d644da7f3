"""A session as people read it: who said what, which tool was called with which result, in order."""

import hashlib
from dataclasses import dataclass
from typing import Any, Final

import orjson

from agentops.semconv import GenAI, SpanKind
from agentops_dashboard.pages.content import Message, Part, instructions, messages_of
from agentops_dashboard.reader import Span
from agentops_dashboard.reader.outline import Outline, Outlines
from agentops_dashboard.reader.remembered import remembered

__all__ = ["STEPS", "Step", "conversation", "spoken_places", "steps_at"]

STEPS: Final = 80
_KINDS: Final = frozenset(
    {
        SpanKind.AGENT,
        SpanKind.LLM,
        SpanKind.TOOL,
        SpanKind.HUMAN,
        SpanKind.HANDOFF,
        SpanKind.RETRIEVER,
        SpanKind.GUARDRAIL,
    }
)
_MOST_INDENT: Final = 5


@dataclass(slots=True)
class Step:
    """One entry: ``kind`` is message, agent or call; ``indent`` counts the agents around it."""

    kind: str
    indent: int
    span: Span
    message: Message | None = None
    is_system: bool = False


@dataclass(slots=True)
class Thread:
    """What one agent's model has seen so far, as digests of messages."""

    seen: list[bytes]

    def news(self, messages: list[Message]) -> list[Message]:
        """The messages that are new: those after the longest overlap with what was seen last."""
        digests = [_digest(message) for message in messages]
        overlap = next(
            (size for size in range(min(len(digests), len(self.seen)), 0, -1) if self.seen[-size:] == digests[:size]), 0
        )
        known = set(self.seen) if overlap == 0 else set()
        fresh = [message for message, digest in zip(messages, digests, strict=True) if digest not in known][overlap:]
        self.seen = digests
        return fresh


@remembered
def spoken_places(outline: Outline) -> list[int]:
    """The places of the spans that a conversation is made of, in order."""
    places = [place for place, kind in enumerate(outline.column("kind")) if kind in _KINDS]
    return places or [place for place, preview in enumerate(outline.column("preview")) if preview][:STEPS]


def steps_at(outlines: Outlines, outline: Outline, offset: int) -> list[Step]:
    """The steps of the spans ``offset``…, at most ``STEPS`` of these.

    What a model has seen is known from there on only, so a stretch that begins elsewhere may have other steps.
    """
    window = spoken_places(outline)[offset : offset + STEPS]
    return _Writer(outline, window, outlines.with_payloads(outline, window)).steps()


def conversation(outlines: Outlines, outline: Outline, offset: int) -> dict[str, Any]:
    """The steps of the spans ``offset``…, and how many spans there are."""
    total = len(spoken_places(outline))
    return {
        "steps": steps_at(outlines, outline, offset),
        "offset": offset,
        "offset_before": max(0, offset - STEPS) if offset else None,
        "next_offset": offset + STEPS if offset + STEPS < total else None,
        "total_steps": total,
    }


class _Writer:
    """Turns spans into steps."""

    def __init__(self, outline: Outline, window: list[int], spans: list[Span]) -> None:
        self._outline = outline
        self._window = list(zip(window, spans, strict=True))
        self._threads: dict[int, Thread] = {}
        self._said: set[str] = set()

    def steps(self) -> list[Step]:
        """All steps, in the tree's order."""
        found: list[Step] = []
        for place, span in self._window:
            agents = [above for above in self._outline.ancestors(place) if self._is_agent(above)]
            indent = min(len(agents), _MOST_INDENT)
            if span["kind"] == SpanKind.AGENT:
                found.append(Step("agent", min(indent + 1, _MOST_INDENT), span))
            elif span["kind"] == SpanKind.LLM:
                thread = self._threads.setdefault(agents[-1] if agents else -1, Thread([]))
                found += self._model_call(span, thread, indent)
            else:
                found.append(Step("call", indent, span))
        return found

    def _is_agent(self, place: int) -> bool:
        return bool(self._outline.column("kind")[place] == SpanKind.AGENT)

    def _model_call(self, span: Span, thread: Thread, indent: int) -> list[Step]:
        steps = [Step("message", indent, span, system, True) for system in self._system(span)]
        steps += [
            Step("message", indent, span, message, message.role in ("system", "developer"))
            for message in thread.news(_messages(span["input"], "user"))
            if message.role != "assistant" and not _is_tool_result(message)
        ]
        answer = _messages(span["output"], "assistant")
        if not answer and span["end_ns"] is None:
            steps.append(Step("message", indent, span, Message("assistant", [])))
        for message in answer:
            thread.seen.append(_digest(message))
            steps.append(Step("message", indent, span, message))
        return steps

    def _system(self, span: Span) -> list[Message]:
        text = instructions(span["attributes"].get(GenAI.SYSTEM_INSTRUCTIONS))
        if not text or text in self._said:
            return []
        self._said.add(text)
        return [Message("system", [Part("text", text=text)])]


def _messages(value: Any, role: str) -> list[Message]:
    """The messages of a value; any other value is one message of the role."""
    if value is None or value == "":
        return []
    part = Part("text", text=value) if isinstance(value, str) else Part("data", data=value)
    return messages_of(value) or [Message(role, [part])]


def _is_tool_result(message: Message) -> bool:
    """Results are shown at the tool's own span, with its arguments, duration and status."""
    return message.role == "tool" or all(part.kind == "tool_result" for part in message.parts)


def _digest(message: Message) -> bytes:
    parts = [(part.kind, part.text, part.name, part.data) for part in message.parts]
    text = orjson.dumps([message.role, parts], option=orjson.OPT_NON_STR_KEYS, default=str)
    return hashlib.blake2b(text, digest_size=12).digest()
