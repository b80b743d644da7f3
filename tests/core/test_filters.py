"""Redaction and span filters: what is gone before the disk, and what stays."""

import json
from pathlib import Path

import pytest

import agentops
from agentops.plugins import plugins
from agentops.sdk import process
from agentops.sdk.filters import SpanRecord
from agentops.sdk.redaction import redact
from tests.spooled import read_spool

LONG = "aB3dE6gH9" * 6


@pytest.mark.parametrize(
    ("name", "secret"),
    [
        ("api-key", f"sk-proj-{LONG}"),
        ("api-key", f"sk-ant-api03-{LONG}"),
        ("aws-access-key", "AKIAIOSFODNN7EXAMPLE"),
        ("google-api-key", "AIza" + "a1B2c3D" * 5),
        ("github-token", f"ghp_{LONG}"),
        ("github-token", f"github_pat_{LONG}"),
        ("slack-token", "xoxb-123456789012-abcdef"),
        ("stripe-key", f"sk_live_{LONG}"),
        ("json-web-token", f"eyJ{LONG}.eyJ{LONG}.{LONG}"),
        ("bearer-token", f"Bearer {LONG}"),
        ("private-key", "-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----"),
    ],
)
@pytest.mark.parametrize("around", ["{}", "key={}&x", "\n{}", "say '{}', then go on {}"])
def test_secrets_of_known_shapes_are_replaced(name: str, secret: str, around: str) -> None:
    """Each secret is replaced by its kind, each time it occurs, and the JSON around it stays whole."""
    text = around.replace("{}", secret)
    redacted, count = redact(json.dumps({"value": text}))
    assert count == around.count("{}")
    assert json.loads(redacted) == {"value": around.replace("{}", f"[redacted:{name}]")}


def test_password_in_a_url() -> None:
    """User and password go, host and path stay."""
    assert redact("postgres://app:hunter22@db.example/x") == ("postgres://[redacted:url-password]@db.example/x", 1)


@pytest.mark.parametrize(
    "text",
    [
        "a high-risk-assessment-of-the-whole-situation-and-more",
        "https://example.com/a:b/c?d=e@f",
        "task-force-one-two-three-four-five-six",
        "the bearer of bad news",
        "AKIA is a prefix",
        "eyJust a word.",
    ],
)
def test_ordinary_text_stays(text: str) -> None:
    """What only looks a little like a secret is left alone."""
    assert redact(text) == (text, 0)


class Filters:
    """A plugin whose filters are set by each test."""

    def __init__(self) -> None:
        self.filters: list[object] = []

    @agentops.hookimpl
    def agentops_span_filters(self) -> list[object]:
        return self.filters


@pytest.fixture
def filters() -> object:
    plugin = Filters()
    plugins.register(plugin, "test-filters")
    yield plugin.filters
    plugins.manager.unregister(plugin)
    process.replace(None)


def record_two(home: Path) -> None:
    agentops.init(trace_name="filtered")
    inner = agentops.tool(name="inner")(lambda text: text)
    agentops.agent(name="outer")(lambda: inner("hello"))()
    agentops.end_session()
    agentops.flush()


def test_a_filter_may_change_and_enrich(agentops_home: Path, filters: list[object]) -> None:
    """What a filter changes is what is on the disk."""

    def shout(record: SpanRecord) -> SpanRecord:
        record.attributes["team"] = "blue"
        if record.kind == "tool":
            record.attributes["gen_ai.tool.call.result"] = "HELLO"
        return record

    filters.append(shout)
    record_two(agentops_home)
    spooled = read_spool(agentops_home)
    assert {span.attributes["team"] for span in spooled.spans.values()} == {"blue"}
    assert b"HELLO" in b"".join(path.read_bytes() for path in agentops_home.rglob("*.jsonl"))


def test_a_filter_may_leave_spans_out_and_the_tree_stays_whole(agentops_home: Path, filters: list[object]) -> None:
    """Children of a span that was left out attach to its parent, and nothing counts as missing."""
    filters.append(lambda record: None if record.kind == "agent" else record)
    record_two(agentops_home)
    spooled = read_spool(agentops_home)
    assert spooled.outline() == "filtered\n  execute_tool inner"
    ledger = spooled.ledgers[-1].sessions[spooled.sessions[0].trace_id]
    assert ledger.spans - ledger.spans_left_out == len(spooled.spans) == 2


def test_a_filter_that_fails_costs_the_content_not_the_span(agentops_home: Path, filters: list[object]) -> None:
    """A broken redaction filter lets nothing through, and the tree is still there."""

    def broken(record: SpanRecord) -> SpanRecord:
        raise ValueError("broken")

    filters.append(broken)
    record_two(agentops_home)
    spooled = read_spool(agentops_home)
    assert spooled.outline() == "filtered\n  invoke_agent outer\n    execute_tool inner"
    assert b"hello" not in b"".join(path.read_bytes() for path in agentops_home.rglob("*.jsonl"))
