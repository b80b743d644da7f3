"""What other projects' clients send is shown as sessions that look right."""

import pytest


def test_the_published_agentops_client_records_sessions_with_logs(run, server):
    """Signs in, delivers, uploads what was printed: names, tags, states, trees and errors as they were meant."""
    run("agentops_04", server)
    checkout, manual = server.sessions(2)
    assert (checkout["name"], checkout["tags"], checkout["counts"]["errors"]) == ("checkout", ["prod"], 1)
    assert (manual["name"], manual["state"], manual["tags"]) == ("manual", "success", ["by-hand"])
    assert server.outline(checkout["id"]) == [
        "session", "  agent planner", "    task", "      tool search", "      tool broken!",
    ]  # fmt: skip
    spans = server.get(f"/api/v1/sessions/{checkout['id']}/spans")["spans"]
    assert spans[-1]["error"]["message"] == "no such order"
    assert "hello from the program" in server.get(f"/api/v1/sessions/{checkout['id']}/logs")["logs"]
    metrics = server.get(f"/public/v1/traces/{checkout['id']}/metrics")
    assert (metrics["span_count"], metrics["fail_count"]) == (5, 1)


def test_the_published_agentops_client_signs_in_to_a_server_with_a_login(run, guarded_server):
    """With a key of ours: its sessions and what was printed arrive in the key's project."""
    run("agentops_04", guarded_server)
    checkout, manual = guarded_server.sessions(2)
    assert [(session["name"], session["counts"]["spans"]) for session in (checkout, manual)] == [
        ("checkout", 5),
        ("manual", 2),
    ]
    logs = guarded_server.get(f"/api/v1/sessions/{checkout['id']}/logs")["logs"]
    assert "hello from the program" in logs
    assert guarded_server.key not in logs
    assert guarded_server.get("/public/v1/project")["id"] == "checkout"


def test_openinference_over_plain_opentelemetry(run, server):
    """Two traces of one session id are one session; messages, tokens, user, tags and metadata arrive."""
    run("openinference", server)
    (session,) = server.sessions(1)
    assert (session["id"], session["user"], session["tags"]) == ("chat-7", "user-17", ["lamp"])
    assert session["metadata"]["region"] == "eu"
    assert (session["counts"]["llm"], session["counts"]["tools"]) == (4, 2)
    assert session["tokens"]["total"] == 2 * (130 + 162)
    run_once = ["chain", "  chain", "    llm", "  chain", "    tool search", "  chain", "    llm"]
    assert server.outline("chat-7") == run_once * 2
    spans = server.get("/api/v1/sessions/chat-7/spans")["spans"]
    first = next(span for span in spans if span["kind"] == "llm")
    assert first["input"][-1] == {"role": "user", "parts": [{"type": "text", "content": "why is my lamp broken?"}]}
    call = {"type": "tool_call", "id": "c1", "name": "search", "arguments": {"q": "lamp"}}
    assert first["output"] == [{"role": "assistant", "parts": [call]}]


def test_traceloop_sdk(run, server):
    """Its workflow, the agent in it, tasks, model calls with tokens, and the associated session and user."""
    run("traceloop", server)
    (session,) = server.sessions(1)
    assert (session["id"], session["user"]) == ("chat-9", "grace")
    assert (session["counts"]["llm"], session["counts"]["tools"], session["counts"]["agents"]) == (2, 1, 1)
    assert session["tokens"]["total"] == 130 + 162
    tasks = ["      task", "        llm", "      task", "        tool search", "      task", "        llm"]
    assert server.outline("chat-9") == ["workflow", "  operation", "  agent helper", "    workflow", *tasks]


def test_logfire_and_pydantic_ai(run, server):
    """Spans that Logfire announces while they are open are there once; the agent repeats no usage."""
    run("logfire", server)
    (session,) = server.sessions(1)
    assert (session["name"], session["tags"], session["state"]) == ("checkout 3", ["shop"], "success")
    assert server.outline(session["id"]) == [
        "operation", "  agent helper", "    llm", "    tool search", "    llm", "  operation !",
    ]  # fmt: skip
    spans = server.get(f"/api/v1/sessions/{session['id']}/spans")["spans"]
    assert session["tokens"]["total"] == sum(s["tokens"]["total"] for s in spans if s["kind"] == "llm") > 0


def _stored(server, count):
    """All that a server tells of its sessions and their spans, the batches' order and times apart."""
    return [
        (
            {name: session[name] for name in ("id", "name", "state", "tags", "counts", "tokens", "cost", "complete")},
            server.outline(session["id"]),
            sorted(server.get(f"/api/v1/sessions/{session['id']}/spans")["spans"], key=lambda span: span["id"]),
        )
        for session in server.sessions(count)
    ]


@pytest.mark.parametrize("name", ["agentops_04", "openinference", "traceloop", "logfire"])
def test_batches_that_come_three_times_in_any_order_count_once(run, server, relay, other_server, name):
    """What a client sent, sent again shuffled and three times over, is the same sessions, spans, tokens and cost."""
    run(name, relay)
    count = 2 if name == "agentops_04" else 1
    expected = _stored(server, count)
    assert len(expected) == count
    assert relay.batches
    relay.send_thrice(other_server)
    assert _stored(other_server, count) == expected
