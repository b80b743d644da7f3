"""What programs left on the disk: runs them, and reads their spool as a reader would, without one."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from agentops.wire import Ledger, list_segments, read_lines
from agentops.wire.otlp import decode_attributes

__all__ = ["Spooled", "SpooledSpan", "read_spool", "run_program"]


@dataclass
class SpooledSpan:
    """The latest record of a span."""

    trace_id: str
    id: str
    parent_id: str | None
    name: str
    start_ns: int
    end_ns: int
    attributes: dict[str, Any]
    resource: dict[str, Any]
    raw: dict[str, Any]
    versions: list[int] = field(default_factory=list)

    @property
    def kind(self) -> str:
        return str(self.attributes["agentops.span.kind"])

    @property
    def status(self) -> str:
        return str(self.attributes["agentops.span.status"])

    @property
    def tags(self) -> tuple[str, ...]:
        return tuple(self.attributes.get("agentops.tags", ()))


class Spooled:
    """Everything in one spool directory."""

    def __init__(self) -> None:
        self.spans: dict[tuple[str, str], SpooledSpan] = {}
        self.ledgers: list[Ledger] = []
        self.lines = 0

    def take(self, line: bytes) -> None:
        self.lines += 1
        for resource_spans in json.loads(line)["resourceSpans"]:
            resource = decode_attributes(resource_spans["resource"]["attributes"])
            for scope_spans in resource_spans["scopeSpans"]:
                scope = scope_spans["scope"]
                if scope["name"] == "agentops.ledger":
                    self.ledgers.append(Ledger.from_scope(decode_attributes(scope["attributes"])))
                for raw in scope_spans["spans"]:
                    self._take_span(raw, resource)

    def _take_span(self, raw: dict[str, Any], resource: dict[str, Any]) -> None:
        attributes = decode_attributes(raw["attributes"])
        span = SpooledSpan(
            raw["traceId"], raw["spanId"], raw.get("parentSpanId"), raw["name"],
            int(raw["startTimeUnixNano"]), int(raw["endTimeUnixNano"]), attributes, resource, raw,
        )  # fmt: skip
        before = self.spans.get((span.trace_id, span.id))
        version = attributes["agentops.span.version"]
        if before is not None:
            span.versions = before.versions
            assert version not in before.versions, f"{span.name} was written twice in version {version}"
            if version < max(before.versions):
                before.versions.append(version)
                return
        span.versions.append(version)
        self.spans[span.trace_id, span.id] = span

    @property
    def sessions(self) -> list[SpooledSpan]:
        """Roots in order of start."""
        return sorted((span for span in self.spans.values() if span.parent_id is None), key=lambda span: span.trace_id)

    def of(self, session: SpooledSpan) -> list[SpooledSpan]:
        """The spans of a session in order of start, its root first."""
        found = [span for span in self.spans.values() if span.trace_id == session.trace_id]
        return sorted(found, key=lambda span: (span.start_ns, span.attributes["agentops.span.seq"]))

    def outline(self, session: SpooledSpan | None = None) -> str:
        """Trees as indented text: name, and the status if it is not ok."""
        roots = [session] if session is not None else self.sessions
        return "\n".join(line for root in roots for line in self._lines(root, 0))

    def _lines(self, span: SpooledSpan, depth: int) -> list[str]:
        mark = "" if span.status == "ok" else f" [{span.status}]"
        children = [item for item in self.of(span) if item.parent_id == span.id]
        return ["  " * depth + span.name + mark, *(line for item in children for line in self._lines(item, depth + 1))]


def read_spool(home: Path, destination: str = "local") -> Spooled:
    """Read all segments of a destination."""
    spooled = Spooled()
    for segment in list_segments(home / "spool" / destination):
        for line, _ in read_lines(segment, limit_bytes=sys.maxsize):
            spooled.take(line)
    return spooled


def run_program(
    code: str, *, check: bool = True, python: str = sys.executable, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run a program in a process of its own, as a user would."""
    return subprocess.run(
        [python, "-c", code], check=check, capture_output=True, text=True, timeout=60, env={**os.environ, **environment}
    )
