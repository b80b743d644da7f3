"""Links of a span to spans elsewhere, over a real store."""

import json
from collections.abc import Callable
from typing import Any

from agentops_dashboard.pages.address import Address
from agentops_dashboard.pages.linked import linked
from agentops_dashboard.reader import Reader

HERE, THERE, NOWHERE = "1" * 32, "2" * 32, "3" * 32
ROOT, CHILD, SENT = "a" * 16, "b" * 16, "c" * 16


def line(trace_id: str, span_id: str, **more: Any) -> bytes:
    """A span of another instrumentation, as it comes in."""
    span = {
        "traceId": trace_id, "spanId": span_id, "name": f"span {span_id[0]}", "kind": 1,
        "startTimeUnixNano": "1760000000000000000", "endTimeUnixNano": "1760000001000000000", **more,
    }  # fmt: skip
    return json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": [span]}]}]}).encode()


def test_links_lead_to_the_spans_that_they_name(reader: Reader, add_lines: Callable[[list[bytes]], None]) -> None:
    """In the session that is shown, in another one, and as text where the trace is not kept."""
    named = [(HERE, CHILD), (THERE.upper(), SENT), (NOWHERE, SENT)]
    links: list[object] = [{"traceId": trace_id, "spanId": span_id} for trace_id, span_id in named]
    add_lines([line(THERE, SENT), line(HERE, CHILD, parentSpanId=ROOT), line(HERE, ROOT, links=[*links, {}, "junk"])])
    span = reader.span(ROOT)
    assert span is not None
    address = Address(f"/sessions/{HERE}", {"view": "tree"})
    found = linked(reader, address, reader.outlines.of(HERE), span)
    assert [(link["id"], link["name"], link["href"]) for link in found[:3]] == [
        (CHILD, "span b", f"/sessions/{HERE}?view=tree&span={CHILD}"),
        ("", "in session 22222222…", f"/sessions/{THERE}?span={SENT}"),
        ("", "trace 33333333…, which is not here", ""),
    ]
    assert [link["href"] for link in found[3:]] == [""]
    span["attributes"] = {"otel.links": "any text"}
    assert linked(reader, address, reader.outlines.of(HERE), span) == []
