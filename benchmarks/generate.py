"""Make realistic sessions, the same ones for the same seed.

    python benchmarks/generate.py --home /tmp/home --sessions 200 --spans 40 --seed 1

writes them into the spool of a home directory as a recording program would, and imports them into its store.
"""

import argparse
import random
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from agentops.semconv import GenAI, Operation, Resource, Session, Span, SpanKind, SpanStatus, State
from agentops.wire import (
    Ledger,
    SessionLedger,
    encode_attributes,
    encode_line,
    encode_resource,
    encode_span,
    new_segment_name,
)

if TYPE_CHECKING:
    from agentops_dashboard.semantics.record import SpanRecord
    from agentops_dashboard.store import Store

__all__ = ["Generator", "Profile", "fill", "write_segments"]

_AT_ONCE = 100

_SCOPE = '{"name":"agentops"}'
_PROMPTS = (
    "Where is my order 4711?", "Summarise the quarterly report for the board.",
    "Find three hotels in Lisbon under 120 €.",
    "Why did the nightly build fail?", "Translate the contract into German.", "Plan a release for the mobile app.",
    "Compare these two insurance offers.", "Refund the customer for the broken lamp.",
)  # fmt: skip
_NAMES = ("support", "research", "travel planner", "build doctor", "contract review", "release train")
_AGENTS = ("supervisor", "researcher", "writer", "coder", "critic", "planner")
_TOOLS = ("search_web", "read_file", "run_sql", "send_mail", "calculator", "refund_order", "fetch_page")
_MODELS = (("openai", "gpt-4o"), ("openai", "gpt-4o-mini"), ("anthropic", "claude-sonnet-4-5"), ("acme", "house-7b"))
_ERRORS = (
    ("TimeoutError", "The tool did not answer within 30 s"),
    ("ValueError", "order number '47-11' is not a number"),
    ("RateLimitError", "429: too many requests, retry after 20 s"),
)
_TAGS = ("production", "staging", "env:eu", "high-priority", "nightly", "beta", "customer-query")
_USERS = ("user-17", "user-204", "user-38", "user-512", None)
_WORDS = [
    "the",
    "agent",
    "looked",
    "at",
    "invoices",
    "orders",
    "refunds",
    "reports",
    "tables",
    "delivery",
    "status",
    "customer",
    "shipped",
    "pending",
    "answer",
    "source",
    "found",
    "section",
    "paragraph",
    "value",
    "total",
    "amount",
    "price",
    "hotel",
    "river",
    "night",
    "train",
    "market",
    "build",
    "error",
    "trace",
    "log",
    "commit",
    "branch",
    "deploy",
    "review",
    "change",
    "because",
    "however",
    "therefore",
    "please",
    "check",
    "again",
    "result",
    "next",
    "step",
    "plan",
    "budget",
    "week",
    "month",
    "quarter",
]


@dataclass(frozen=True, slots=True)
class Profile:
    """What the sessions are like.

    Attributes:
        spans: Median number of spans of a session.
        spans_vary: How widely sessions differ in that: the sigma of a lognormal distribution; 0 not at all.
        payload_bytes: Mean size of a message or a tool's result.
        error_rate: Share of tool calls that fail.
        spread_s: The sessions start within this many seconds before ``end_ns``.
        end_ns: Nanoseconds since the epoch; now by default.
    """

    spans: int = 40
    spans_vary: float = 0.6
    payload_bytes: int = 400
    error_rate: float = 0.06
    spread_s: float = 7 * 86400
    end_ns: int = field(default_factory=time.time_ns)


_PLACES = (("production", "1.4.2"), ("production", "1.5.0"), ("staging", "1.5.0"), ("production", "1.4.2"))
"""Environment and release of the sessions, in turn."""


class Generator:
    """Generates sessions as wire lines.

    Args:
        seed: Two generators with the same seed and profile give the same sessions.
        profile: What the sessions are like.
    """

    def __init__(self, seed: int = 1, profile: Profile | None = None) -> None:
        self._random = random.Random(seed)
        self.profile = profile or Profile()
        self.process = f"{self._random.getrandbits(128):032x}"
        self._resources = [self._resource(environment, release) for environment, release in _PLACES]

    def _resource(self, environment: str, release: str) -> str:
        return encode_resource(
            {
                Resource.SERVICE_NAME: "generated",
                Resource.SERVICE_VERSION: release,
                Resource.INSTANCE_ID: self.process,
                Resource.ENVIRONMENT: environment,
                Resource.SDK_NAME: "agentops",
                Resource.SDK_VERSION: "1.0.0",
                Resource.HOST_NAME: "laptop",
                Resource.FRAMEWORKS: ("langchain-core/1.2.0", "langgraph/1.0.3"),
            }
        )

    def sessions(self, count: int, *, state: str | None = None) -> Iterator[tuple[str, list[bytes]]]:
        """Yield ``(session id, lines)``; a ``state`` forces how they end, ``running`` leaves them open."""
        for index in range(count):
            share = (index + self._random.random()) / max(count, 1)
            start_ns = self.profile.end_ns - int((1 - share) * self.profile.spread_s * 1e9)
            resource = self._resources[index % len(self._resources)]
            yield _SessionWriter(self._random, self.profile, resource, self.process, start_ns).write(state)


class _SessionWriter:
    """Writes one session."""

    def __init__(self, rng: random.Random, profile: Profile, resource: str, process: str, start_ns: int) -> None:
        self._r = rng
        self._profile = profile
        self._resource = resource
        self._process = process
        self._start_ns = start_ns
        milliseconds = start_ns // 1_000_000
        self.id = f"{milliseconds:012x}7{rng.getrandbits(12):03x}{8 + rng.getrandbits(2):x}{rng.getrandbits(60):015x}"
        self._tags = tuple(sorted(rng.sample(_TAGS, rng.choice((1, 1, 2, 2, 3)))))
        self._seq = 0
        self._spans: list[str] = []
        self._open: list[str] = []

    def write(self, state: str | None) -> tuple[str, list[bytes]]:
        """Return the session's id and its lines."""
        rng = self._r
        target = max(3, int(rng.lognormvariate(0, self._profile.spans_vary) * self._profile.spans))
        prompt, name = rng.choice(_PROMPTS), rng.choice(_NAMES)
        root, is_running = self._id(), state == State.RUNNING
        clock, failed = self._start_ns + 2_000_000, False
        self._seq = 1
        agents = rng.sample(_AGENTS, min(len(_AGENTS), 1 + target // 15))
        for position, agent in enumerate(agents):
            share = max(2, (target - self._seq) // (len(agents) - position))
            is_last = position == len(agents) - 1
            clock, failed = self._agent(root, agent, clock, share, prompt, is_open=is_running and is_last)
        ending = state or (State.ERROR if failed and rng.random() < 0.5 else State.SUCCESS)
        end_ns = 0 if is_running else clock + 1_000_000
        self._root(root, name, prompt, ending, end_ns)
        ledger = Ledger(
            self._process, clock, sessions={self.id: SessionLedger(spans=self._seq, has_ended=not is_running)}
        )
        lines = [encode_line(self._resource, _SCOPE, self._open, partial=True)] if self._open else []
        batches = [self._spans[at : at + 50] for at in range(0, len(self._spans), 50)]
        lines += [encode_line(self._resource, _SCOPE, batch) for batch in batches]
        return self.id, [*lines, ledger.encode(self._resource)]

    def _root(self, span_id: str, name: str, prompt: str, state: str, end_ns: int) -> None:
        attributes: dict[str, object] = {
            Span.INPUT: prompt,
            Session.METADATA: {"region": self._r.choice(("eu", "us")), "build": self._r.randrange(100, 120)},
            Session.USER_ID: self._r.choice(_USERS),
        }
        if end_ns:
            attributes |= {Session.STATE: state, Session.SPAN_COUNT: self._seq}
            if state == State.SUCCESS:
                attributes[Span.OUTPUT] = self._text()
        status = {State.ERROR: SpanStatus.ERROR, State.CANCELLED: SpanStatus.CANCELLED}.get(state, SpanStatus.OK)
        self._emit(span_id, None, SpanKind.SESSION, name, self._start_ns, end_ns, attributes, status, seq=1)

    def _agent(
        self, parent: str, agent: str, clock: int, spans: int, prompt: str, *, is_open: bool
    ) -> tuple[int, bool]:
        span_id, start, failed, error = self._id(), clock, False, None
        seq = self._next()
        messages: list[dict[str, object]] = [_message("user", prompt)]
        made = 1
        while made < spans:
            calls = [] if made >= spans - 1 else self._r.sample(_TOOLS, self._r.choice((1, 1, 1, 2, 3)))
            clock, tool_calls = self._llm(span_id, agent, clock, messages, calls)
            made += 1
            if calls:
                clock, error = self._tools(span_id, agent, clock, tool_calls, messages)
                made += len(calls)
                failed = failed or error is not None
        attributes = {
            GenAI.OPERATION_NAME: Operation.INVOKE_AGENT, GenAI.AGENT_NAME: agent, Span.INPUT: prompt,
            Span.OUTPUT: self._text(),
        }  # fmt: skip
        status = SpanStatus.ERROR if error else SpanStatus.OK
        end_ns = 0 if is_open else clock + 500_000
        self._emit(
            span_id,
            parent,
            SpanKind.AGENT,
            f"invoke_agent {agent}",
            start,
            end_ns,
            attributes,
            status,
            seq=seq,
            error=error,
        )
        return clock + 1_000_000, failed

    def _llm(
        self, parent: str, agent: str, clock: int, messages: list[dict[str, object]], calls: list[str]
    ) -> tuple[int, list[dict[str, object]]]:
        provider, model = self._r.choices(_MODELS, (6, 4, 3, 1))[0]
        start, duration = clock, int(self._r.lognormvariate(0.2, 0.5) * 1e9)
        tool_calls: list[dict[str, object]] = [
            {
                "type": "tool_call",
                "id": f"call_{self._r.getrandbits(40):010x}",
                "name": tool,
                "arguments": self._arguments(tool),
            }
            for tool in calls
        ]
        parts = tool_calls or [{"type": "text", "content": self._text()}]
        sent = sum(len(str(message)) for message in messages[-12:]) // 4 + 180
        got = self._r.randrange(20, 600)
        finish = "tool_calls" if tool_calls else "length" if got > 550 else "stop"
        attributes = {
            GenAI.OPERATION_NAME: Operation.CHAT, GenAI.PROVIDER_NAME: provider, GenAI.REQUEST_MODEL: model,
            GenAI.RESPONSE_MODEL: model, GenAI.AGENT_NAME: agent, GenAI.REQUEST_TEMPERATURE: 0.2,
            GenAI.RESPONSE_FINISH_REASONS: (finish,), GenAI.USAGE_INPUT_TOKENS: sent,
            GenAI.USAGE_OUTPUT_TOKENS: got,
            GenAI.USAGE_CACHE_READ: sent // 2 if self._r.random() < 0.3 else None,
            GenAI.RESPONSE_TIME_TO_FIRST_CHUNK: duration / 4e9,
            GenAI.SYSTEM_INSTRUCTIONS: _system(agent),
            GenAI.INPUT_MESSAGES: messages[-12:],
            GenAI.OUTPUT_MESSAGES: [{"role": "assistant", "parts": parts, "finish_reason": finish}],
        }  # fmt: skip
        self._emit(
            self._id(), parent, SpanKind.LLM, f"chat {model}", start, start + duration, attributes, SpanStatus.OK
        )
        messages.append({"role": "assistant", "parts": parts})
        return start + duration, tool_calls

    def _tools(
        self, parent: str, agent: str, clock: int, calls: list[dict[str, object]], messages: list[dict[str, object]]
    ) -> tuple[int, tuple[str, str] | None]:
        latest, last_error = clock, None
        for call in calls:
            error = self._r.choice(_ERRORS) if self._r.random() < self._profile.error_rate else None
            end = clock + int(self._r.lognormvariate(-1, 0.9) * 1e9)
            result = None if error else {"ok": True, "text": self._text()}
            attributes = {
                GenAI.OPERATION_NAME: Operation.EXECUTE_TOOL, GenAI.TOOL_NAME: call["name"],
                GenAI.TOOL_CALL_ID: call["id"],
                GenAI.AGENT_NAME: agent, GenAI.TOOL_CALL_ARGUMENTS: call["arguments"], GenAI.TOOL_CALL_RESULT: result,
            }  # fmt: skip
            if not error and self._r.random() < 0.02:
                attributes[Span.SWALLOWED_ERROR] = "isError: the index is locked"
            status = SpanStatus.ERROR if error else SpanStatus.OK
            name = f"execute_tool {call['name']}"
            self._emit(self._id(), parent, SpanKind.TOOL, name, clock, end, attributes, status, error=error)
            answer = {"type": "tool_call_response", "id": call["id"], "response": error[1] if error else result}
            messages.append({"role": "tool", "parts": [answer]})
            latest, last_error = max(latest, end), error or last_error
        return latest, last_error

    def _emit(  # noqa: PLR0917 (a span simply has these)
        self,
        span_id: str,
        parent: str | None,
        kind: str,
        name: str,
        start_ns: int,
        end_ns: int,
        attributes: dict[str, object],
        status: str,
        *,
        seq: int | None = None,
        error: tuple[str, str] | None = None,
    ) -> None:
        own = {
            Span.KIND: kind, Span.STATUS: status if end_ns else SpanStatus.RUNNING,
            Span.SEQ: seq if seq is not None else self._next(), Span.VERSION: 2 if end_ns else 1, Session.ID: self.id,
            Session.TAGS: self._tags, Span.ORIGIN: "langchain", Span.ERROR_TYPE: error[0] if error else None,
        }  # fmt: skip
        stack = (
            f'Traceback (most recent call last):\n  File "agent.py", line 42, in run\n{error[0]}: {error[1]}'
            if error
            else ""
        )
        event: dict[str, object] = {
            Span.EXCEPTION_TYPE: error[0], Span.EXCEPTION_MESSAGE: error[1], Span.EXCEPTION_STACKTRACE: stack,
        } if error else {}  # fmt: skip
        encoded = encode_span(
            trace_id=self.id, span_id=span_id, parent_id=parent, name=name, is_client=kind == SpanKind.LLM,
            start_ns=start_ns, end_ns=end_ns, attributes=encode_attributes(own | attributes),
            events=[(Span.EVENT_EXCEPTION, end_ns, event)] if error else (),
            status_code={SpanStatus.OK: 1, SpanStatus.ERROR: 2}.get(status, 0) if end_ns else 0,
            status_message=error[1] if error else "",
        )  # fmt: skip
        (self._spans if end_ns else self._open).append(encoded)

    def _arguments(self, tool: str) -> dict[str, object]:
        return {"query": " ".join(self._r.choices(_WORDS, k=4)), "tool": tool, "limit": self._r.randrange(1, 20)}

    def _text(self) -> str:
        size = max(20, int(self._r.lognormvariate(0, 0.7) * self._profile.payload_bytes))
        return " ".join(self._r.choices(_WORDS, k=size // 7))

    def _id(self) -> str:
        return f"{self._r.getrandbits(63) + 1:016x}"

    def _next(self) -> int:
        self._seq += 1
        return self._seq


def _system(agent: str) -> list[dict[str, object]]:
    return [{"type": "text", "content": f"You are {agent}. Answer shortly and name sources."}]


def _message(role: str, content: str) -> dict[str, object]:
    return {"role": role, "parts": [{"type": "text", "content": content}]}


def write_segments(home: Path, generator: Generator, count: int, per_segment: int = 500) -> int:
    """Write sessions into the local spool of a home directory; returns the bytes written."""
    spool = home / "spool" / "local"
    spool.mkdir(parents=True, exist_ok=True)
    lines: list[bytes] = []
    written = 0
    for index, (_, session_lines) in enumerate(generator.sessions(count), 1):
        lines += session_lines
        if index % per_segment == 0 or index == count:
            written += (spool / new_segment_name(generator.process)).write_bytes(b"".join(lines))
            lines.clear()
    return written


def fill(store: "Store", generator: Generator, count: int, distinct: int = 500) -> int:
    """Put sessions straight into a store; returns the number of spans.

    Only ``distinct`` of them are made and understood, which is what takes time; the others repeat them at other times
    and under other ids. All are written, summed up and indexed as any others.
    """
    from agentops_dashboard.ingest.otlp_json import decode
    from agentops_dashboard.semantics import understand

    made = [[decode(line) for line in lines] for _, lines in generator.sessions(min(count, distinct))]
    sessions = [[understand(raw) for batch in batches for raw in batch.spans] for batches in made]
    step_ns = int(generator.profile.spread_s * 1e9) // (count // len(sessions) + 1)
    spans = 0
    for first in range(0, count, _AT_ONCE):
        batch: list[SpanRecord] = []
        for number in range(first, min(first + _AT_ONCE, count)):
            copy = number // len(sessions)
            batch += _repeated(sessions[number % len(sessions)], copy, -copy * step_ns)
        store.add("default", batch)
        spans += len(batch)
    return spans


def _repeated(session: "list[SpanRecord]", copy: int, shift_ns: int) -> "Iterator[SpanRecord]":
    """The same session under another id, at another time."""
    old = session[0].trace_id
    new = f"{int(old[:12], 16) + shift_ns // 1_000_000:012x}{old[12:28]}{copy:04x}"
    for record in session:
        yield replace(
            record,
            trace_id=new,
            start_ns=record.start_ns + shift_ns,
            end_ns=None if record.end_ns is None else record.end_ns + shift_ns,
            facts=replace(record.facts, session_id=new),
        )


def main() -> None:
    """Generate, import, and say what it took."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--home", type=Path, required=True, help="home directory to fill (AGENTOPS_HOME)")
    parser.add_argument("--sessions", type=int, default=200)
    parser.add_argument("--spans", type=int, default=40, help="median spans of a session")
    parser.add_argument("--payload-bytes", type=int, default=400)
    parser.add_argument("--days", type=float, default=7)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    from agentops_dashboard.ingest.spool import SpoolImporter
    from agentops_dashboard.store import SQLiteStore, store_path

    profile = Profile(spans=options.spans, payload_bytes=options.payload_bytes, spread_s=options.days * 86400)
    generator = Generator(options.seed, profile)
    started = time.perf_counter()
    written = write_segments(options.home, generator, options.sessions)
    generated = time.perf_counter()
    store = SQLiteStore(store_path(options.home))
    SpoolImporter(store, options.home).import_once()
    store.close()
    took = time.perf_counter() - generated
    print(
        f"{options.sessions} sessions, {written / 1e6:.1f} MB written in {generated - started:.1f} s, "
        f"imported in {took:.1f} s"
    )


if __name__ == "__main__":
    main()
