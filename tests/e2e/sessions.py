"""The sessions that the browser tests look at."""

import importlib.util
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from agentops.semconv import GenAI, Operation, Session, Span, SpanKind, SpanStatus, State
from agentops.wire import encode_attributes, encode_line, encode_resource, encode_span, new_segment_name

HOSTILE = (
    "<script>window.pwned=1</script><img src=x onerror=\"window.pwned=1\"><svg onload='window.pwned=1'>"
    '<a href="javascript:window.pwned=1">x</a>{{7*7}}</textarea></script>\u202eevil\u2066\x07'
)
MARKDOWN = (
    "# Title\n\n**bold** [good](https://example.org/) [bad](javascript:window.pwned=1) "
    "![picture](https://tracker.invalid/p.png)\n\n<img src=https://tracker.invalid/q.png onerror=window.pwned=1>\n\n"
    "| a | b |\n|---|---|\n| 1 | 2 |\n"
)
SESSIONS = 130


@dataclass
class Ids:
    """Ids of the sessions that tests look for."""

    failed: str = ""
    large: str = ""
    hostile: str = ""
    deep: str = ""
    running: str = ""
    detached: str = ""


def _generator() -> ModuleType:
    path = Path(__file__).parents[2] / "benchmarks" / "generate.py"
    spec = importlib.util.spec_from_file_location("generate", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["generate"] = module
    spec.loader.exec_module(module)
    return module


generate = _generator()


def fill(home: Path) -> Ids:
    """Write sessions into the spool of a home directory and import them."""
    from agentops_dashboard.ingest.spool import SpoolImporter
    from agentops_dashboard.store import SQLiteStore, store_path

    ids = Ids()
    end_ns = time.time_ns() - 60_000_000_000
    small = generate.Generator(7, generate.Profile(spans=14, payload_bytes=120, spread_s=6 * 86400, end_ns=end_ns))
    lines = [line for _, session in small.sessions(SESSIONS - 5) for line in session]
    failing = generate.Generator(3, generate.Profile(spans=40, error_rate=0.3, spread_s=600, end_ns=end_ns))
    ids.failed, failed_lines = next(failing.sessions(1, state=State.ERROR))
    ids.large = "0" * 31 + "a"
    ids.hostile = "0" * 31 + "b"
    ids.deep = "0" * 31 + "d"
    ids.detached = "0" * 31 + "e"
    odd = [
        *large_session(ids.large, end_ns),
        hostile_session(ids.hostile, end_ns),
        deep_session(ids.deep, end_ns),
        detached_session(ids.detached, end_ns - 3_600_000_000_000),
    ]
    write(home, [*lines, *failed_lines, *odd])
    store = SQLiteStore(store_path(home))
    SpoolImporter(store, home).import_once()
    store.close()
    return ids


def write(home: Path, lines: list[bytes], process: str = "e2e0") -> Path:
    """Write wire lines into a segment of the local spool."""
    spool = home / "spool" / "local"
    spool.mkdir(parents=True, exist_ok=True)
    segment = spool / new_segment_name(process)
    segment.write_bytes(b"".join(lines))
    return segment


def large_session(session_id: str, end_ns: int, agents: int = 50, tools: int = 60) -> list[bytes]:
    """One session of many agents, each with many tool calls one after the other."""
    step = 1_000_000
    start = end_ns - agents * tools * step
    lines = []
    for agent in range(agents):
        first = 2 + agent * (tools + 1)
        began = start + agent * tools * step
        spans = [
            _span(session_id, first, 1, SpanKind.AGENT, f"invoke_agent a{agent}", began, began + tools * step, {}),
            *(
                _span(session_id, first + 1 + tool, first, SpanKind.TOOL, f"execute_tool t{tool}", at, at + step, {})
                for tool, at in enumerate(range(began, began + tools * step, step))
            ),
        ]
        lines.append(encode_line(encode_resource({}), '{"name":"agentops"}', spans))
    root = _span(session_id, 1, None, SpanKind.SESSION, "large", start, end_ns, {Session.STATE: State.SUCCESS})
    return [*lines, encode_line(encode_resource({}), '{"name":"agentops"}', [root])]


def deep_session(session_id: str, end_ns: int, levels: int = 200) -> bytes:
    """One session of chains within chains, with a tool at the bottom."""
    start = end_ns - 1_000_000_000
    root = _span(session_id, 1, None, SpanKind.SESSION, "deep", start, end_ns, {Session.STATE: State.SUCCESS})
    chains = [
        _span(session_id, at + 1, at, SpanKind.CHAIN, f"level {at}", start, end_ns, {}) for at in range(1, levels)
    ]
    bottom = _span(session_id, levels + 1, levels, SpanKind.TOOL, "execute_tool bottom", start, end_ns, {})
    return encode_line(encode_resource({}), '{"name":"agentops"}', [root, *chains, bottom])


def detached_session(session_id: str, end_ns: int, agents: int = 40, tools: int = 3) -> bytes:
    """One session with a tool, and with agents, each with some tools, whose parent never arrived."""
    step = 10_000_000
    start = end_ns - agents * step
    root = _span(session_id, 1, None, SpanKind.SESSION, "detached", start, end_ns, {Session.STATE: State.SUCCESS})
    spans = [root, _span(session_id, 2, 1, SpanKind.TOOL, "execute_tool known", start, start + step, {})]
    for agent in range(agents):
        number, began = 3 + agent * (tools + 1), start + agent * step
        name = f"invoke_agent lost {agent}"
        spans.append(_span(session_id, number, 9_999, SpanKind.AGENT, name, began, began + step, {}))
        spans += [
            _span(session_id, number + tool, number, SpanKind.TOOL, f"execute_tool t{tool}", began, began + step, {})
            for tool in range(1, tools + 1)
        ]
    return encode_line(encode_resource({}), '{"name":"agentops"}', spans)


def hostile_session(session_id: str, end_ns: int) -> bytes:
    """One session with hostile text in every field that a program can send."""
    start = end_ns - 5_000_000_000
    said = [{"role": "assistant", "parts": [{"type": "text", "content": MARKDOWN + HOSTILE}]}]
    asked = [{"role": HOSTILE, "parts": [{"type": "text", "content": HOSTILE}, {"type": HOSTILE, "x": HOSTILE}]}]
    spans = [
        _span(session_id, 1, None, SpanKind.SESSION, HOSTILE, start, end_ns, {
            Session.STATE: State.ERROR, Session.USER_ID: HOSTILE, Session.METADATA: {HOSTILE: HOSTILE},
            Span.INPUT: HOSTILE, Span.OUTPUT: HOSTILE,
        }),
        _span(session_id, 2, 1, SpanKind.AGENT, HOSTILE, start, end_ns, {GenAI.AGENT_NAME: HOSTILE, HOSTILE: HOSTILE}),
        _span(session_id, 3, 2, SpanKind.LLM, f"{Operation.CHAT} {HOSTILE}", start, end_ns, {
            GenAI.REQUEST_MODEL: HOSTILE, GenAI.INPUT_MESSAGES: asked, GenAI.OUTPUT_MESSAGES: said,
            GenAI.SYSTEM_INSTRUCTIONS: HOSTILE,
        }),
        _span(session_id, 4, 2, SpanKind.TOOL, HOSTILE, start, end_ns, {
            GenAI.TOOL_NAME: HOSTILE, GenAI.TOOL_CALL_ARGUMENTS: {HOSTILE: [HOSTILE]}, Span.SWALLOWED_ERROR: HOSTILE,
            GenAI.TOOL_CALL_RESULT: "x" * 300_000,
        }, error=True),
        _span(session_id, 5, 99, HOSTILE, HOSTILE, start, end_ns, {Span.INPUT: HOSTILE}),
    ]  # fmt: skip
    return encode_line(encode_resource({HOSTILE: HOSTILE}), '{"name":"agentops"}', spans)


def _span(  # noqa: PLR0917
    session_id: str,
    number: int,
    parent: int | None,
    kind: str,
    name: str,
    start_ns: int,
    end_ns: int,
    attributes: dict[str, object],
    *,
    error: bool = False,
) -> str:
    status = SpanStatus.ERROR if error else SpanStatus.OK
    own: dict[str, object] = {
        Span.KIND: kind, Span.STATUS: status, Span.SEQ: number, Span.VERSION: 2, Session.ID: session_id,
        Session.TAGS: (HOSTILE if name == HOSTILE else "large",), Span.ERROR_TYPE: HOSTILE if error else None,
    }  # fmt: skip
    exception: dict[str, object] = {
        Span.EXCEPTION_TYPE: HOSTILE, Span.EXCEPTION_MESSAGE: HOSTILE, Span.EXCEPTION_STACKTRACE: HOSTILE,
    }  # fmt: skip
    return encode_span(
        trace_id=session_id, span_id=f"{number:016x}", parent_id=f"{parent:016x}" if parent else None, name=name,
        is_client=False, start_ns=start_ns + number, end_ns=end_ns,
        attributes=encode_attributes(own | attributes),
        events=[(Span.EVENT_EXCEPTION, end_ns, exception)] if error else (), status_code=2 if error else 1,
        status_message=HOSTILE if error else "",
    )  # fmt: skip
