"""``agentops demo`` from its command to its page: a real LangGraph program, recorded, stored, printed and served."""

import json
import os
import re
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path
from textwrap import dedent
from typing import Any

from agentops.semconv import GenAI, SpanKind, SpanStatus

COMMAND = [sys.executable, "-c", "import sys; from agentops.cli import main; sys.exit(main())", "demo"]


def _outline(spans: list[dict[str, Any]], parent: str | None = None, depth: int = 0) -> str:
    """Write the tree as text: kind, name, and the status where it is not ok."""
    children = sorted((span for span in spans if span["parent_id"] == parent), key=lambda span: span["start_ns"])
    lines = []
    for span in children:
        mark = "" if span["status"] == SpanStatus.OK else f" [{span['status']}]"
        lines.append("  " * depth + f"{span['kind']} {span['name']}{mark}")
        lines.append(_outline(spans, span["id"], depth + 1))
    return "\n".join(filter(None, lines))


def test_demo_is_recorded_whole(agentops_home: Path) -> None:
    """The tree is one, nothing is open or lost, and the failed tool and its second attempt are told apart.

    An endpoint that the user's own programs deliver to is not sent the demo.
    """
    environment = {**os.environ, "AGENTOPS_API_ENDPOINT": "http://127.0.0.1:9", "AGENTOPS_API_KEY": "none"}
    result = subprocess.run([*COMMAND, "--json"], stdout=subprocess.PIPE, timeout=120, check=True, env=environment)
    shown = json.loads(result.stdout)
    session, spans = shown["session"], shown["spans"]

    outline = """
        session broken lamp
          workflow customer_support
            operation load_customer
            agent support_desk
              llm gpt-4o
              tool ask_order_clerk
                agent order_clerk
                  llm gpt-4o-mini
                  tool _
                  tool _
                  llm gpt-4o-mini
              llm gpt-4o
              tool ask_refund_expert
                agent refund_expert
                  llm gpt-4o-mini
                  tool search_policies
                    retriever PolicyRetriever
                  llm gpt-4o-mini
                  tool quote_refund [error]
                  tool quote_refund
                  llm gpt-4o-mini
              llm gpt-4o
            operation close_case
        """
    # Two tools run at once, and threads start as they like.
    names = [{**span, "name": _target(span)} for span in spans]
    swapped = _outline(names).replace("tool track_shipment", "tool _").replace("tool get_order", "tool _")
    assert swapped == dedent(outline).strip()
    assert len(spans) == 23
    assert all(span["end_ns"] for span in spans), "nothing is open"
    assert (session["state"], session["complete"], session["missing"]) == ("success", True, 0)
    assert session["tags"] == ["demo", "demo:sync"]
    counts = session["counts"]
    assert (counts["agents"], counts["llm"], counts["tools"], counts["errors"]) == (3, 8, 7, 1)
    tokens = session["tokens"]
    assert (tokens["input"], tokens["output"], tokens["cached"]) == (3332, 287, 1536)
    assert session["cost"]["amount"] > 0
    failed, retried = [span for span in spans if span["tool"] == "quote_refund"]
    assert failed["error"]["type"] == "TimeoutError"
    assert "did not answer" in failed["error"]["message"]
    assert "quote_refund" in failed["error"]["stack"]
    assert (failed["attempt"], retried["attempt"]) == (None, 2)
    assert failed["attributes"][GenAI.TOOL_CALL_ID] == retried["attributes"][GenAI.TOOL_CALL_ID]


def _target(span: dict[str, Any]) -> str:
    """Return a span's name without the operation before it."""
    prefixes = {
        SpanKind.AGENT: "invoke_agent ",
        SpanKind.TOOL: "execute_tool ",
        SpanKind.LLM: "chat ",
        SpanKind.RETRIEVER: "retrieval ",
    }
    return str(span["name"]).removeprefix(prefixes.get(span["kind"], ""))


def test_demo_is_served(agentops_home: Path) -> None:
    """Without ``--no-serve`` the command ends with the address of the session's page, and the page is there."""
    server = subprocess.Popen([*COMMAND, "--port", "0"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        assert server.stdout is not None
        printed = []
        for line in server.stdout:
            printed.append(line)
            if "Dashboard:" in line:
                break
        text = "".join(printed)
        assert "support_desk" in text
        assert "✗" in text, "the failed tool is marked"
        found = re.search(r"Dashboard: (http://127\.0\.0\.1:\d+/sessions/[0-9a-f]{32})", text)
        assert found, text
        with urllib.request.urlopen(found[1], timeout=20) as page:
            assert page.status == 200
            assert "broken lamp" in page.read().decode()
    finally:
        server.send_signal(signal.SIGINT)
        server.communicate(timeout=20)
    assert server.returncode in {0, 130, -signal.SIGINT}
