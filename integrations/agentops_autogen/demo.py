"""An incident desk of seven agents and a person: ``python -m agentops_autogen.demo`` records it.

The teams, agents, tools and handoffs are AutoGen's own; only the models answer from a script.
"""

import asyncio
import json

from autogen_agentchat.agents import AssistantAgent, UserProxyAgent
from autogen_agentchat.conditions import TextMentionTermination
from autogen_agentchat.teams import DiGraphBuilder, GraphFlow, Swarm
from autogen_agentchat.tools import AgentTool
from autogen_core import CancellationToken

import agentops
from agentops_autogen.scripted import Answer, ScriptedModel

__all__ = ["main"]

_ALERT = "ALERT checkout-api: 5xx rate is 7.4 % since 09:12 UTC, threshold 1 %."
_CAUSE = (
    "Release 2026.11.22-3 halved the connection pool of checkout-api: 40 of 40 connections busy, 212 requests waiting."
)
_DRAFT = f"{_CAUSE} Rolled back at 09:31 UTC; the error rate is 0.2 %."


async def query_metrics(service: str, minutes: int) -> dict[str, float]:
    """Read a service's error rate and latency."""
    await asyncio.sleep(0.03)
    return {"error_rate": 0.074, "p95_ms": 2840.0, "requests_per_second": 118.0}


async def search_logs(service: str, query: str) -> list[str]:
    """Search a service's logs."""
    await asyncio.sleep(0.05)
    raise TimeoutError(f"log store did not answer within 50 ms (service={service}, query={query!r})")


def list_releases(service: str) -> list[str]:
    """List a service's releases, the latest first."""
    return read_release_notes(service)


@agentops.operation
def read_release_notes(service: str) -> list[str]:
    """Read what the release tool knows."""
    return ["2026.11.22-3 08:57 UTC: pool_size 40 (was 80)", "2026.11.21-1 14:02 UTC: new coupon rules"]


async def roll_back(service: str, release: str) -> str:
    """Put a service back to an earlier release."""
    await asyncio.sleep(0.06)
    return f"{service} runs {release} again; 6 of 6 instances are healthy."


async def ask_on_call(prompt: str, cancellation_token: CancellationToken | None) -> str:
    """Stand in for the engineer on call, who takes a moment."""
    await asyncio.sleep(0.2)
    return "Yes, roll back checkout-api to 2026.11.21-1. I watch the dashboards."


def _ask(name: str, **arguments: object) -> tuple[str, str]:
    return name, json.dumps(arguments)


def _runbooks() -> AssistantAgent:
    said = "Runbook DB-7: with an exhausted pool, roll back the release that changed it; do not raise max_connections."
    model = ScriptedModel("gpt-4o-mini", [Answer(text=said, input_tokens=1204, output_tokens=31, seconds=0.05)])
    return AssistantAgent(
        "runbook_expert",
        model,
        description="Knows the runbooks.",
        system_message="Answer from the runbooks only, and name the runbook.",
    )


def _database_expert() -> AssistantAgent:
    runbook = _ask("runbook_expert", task="checkout-api has no free database connections. What now?")
    answers = [
        Answer(
            calls=[
                _ask("query_metrics", service="checkout-api", minutes=30),
                _ask("search_logs", service="checkout-api", query="pool timeout"),
                _ask("list_releases", service="checkout-api"),
            ],
            thought="Metrics, logs and releases should show whether the database or a release is to blame.",
            input_tokens=655,
            output_tokens=84,
            seconds=0.08,
        ),
        Answer(calls=[runbook], input_tokens=912, output_tokens=38, seconds=0.06),
        Answer(calls=[_ask("transfer_to_on_call")], input_tokens=1017, output_tokens=16, seconds=0.04),
        Answer(
            calls=[_ask("roll_back", service="checkout-api", release="2026.11.21-1")],
            input_tokens=1093,
            output_tokens=29,
            seconds=0.05,
        ),
        Answer(text=f"{_DRAFT} RESOLVED", input_tokens=1151, output_tokens=47, seconds=0.07),
    ]
    return AssistantAgent(
        "database_expert",
        ScriptedModel("gpt-4o", answers),
        tools=[query_metrics, search_logs, list_releases, roll_back, AgentTool(_runbooks())],
        handoffs=["on_call"],
        max_tool_iterations=4,
        description="Finds out why a database is slow.",
        system_message="Find the cause, ask the person on call before you change anything, say RESOLVED at the end.",
    )


def incident_desk() -> Swarm:
    """Return the team that takes the alert."""
    handover = Answer(calls=[_ask("transfer_to_database_expert")], input_tokens=288, output_tokens=14, seconds=0.04)
    triage = AssistantAgent(
        "triage",
        ScriptedModel("gpt-4o-mini", [handover]),
        handoffs=["database_expert", "network_expert"],
        system_message="Pass each alert on to the expert for it.",
    )
    network = AssistantAgent("network_expert", ScriptedModel("gpt-4o-mini", []), handoffs=["triage"])
    on_call = UserProxyAgent("on_call", description="The engineer on call.", input_func=ask_on_call)
    return Swarm(
        [triage, _database_expert(), network, on_call], termination_condition=TextMentionTermination("RESOLVED")
    )


def post_mortem() -> GraphFlow:
    """Return the team that writes it up; two agents review the draft at the same time."""
    writer, facts, style, editor = (
        AssistantAgent(
            name,
            ScriptedModel(model, [Answer(text=text, input_tokens=read, output_tokens=wrote, seconds=seconds)]),
            system_message=task,
        )
        for name, model, task, text, read, wrote, seconds in (
            ("writer", "gpt-4o", "Write the post-mortem.", f"Draft: {_DRAFT}", 341, 58, 0.09),
            (
                "fact_checker",
                "gpt-4o-mini",
                "Check every number.",
                "7.4 % is missing.",
                420,
                21,
                0.11,
            ),
            ("style_editor", "gpt-4o-mini", "Make it plain.", "Begin with what customers saw.", 418, 12, 0.06),
            ("editor", "gpt-4o", "Publish it.", f"7.4 % of checkouts failed for 19 minutes. {_DRAFT}", 512, 66, 0.08),
        )
    )
    graph = DiGraphBuilder()
    for agent in (writer, facts, style, editor):
        graph.add_node(agent)
    graph.add_edge(writer, facts).add_edge(writer, style).add_edge(facts, editor).add_edge(style, editor)
    return GraphFlow([writer, facts, style, editor], graph.build())


async def run() -> str:
    """Resolve the incident, and write it up."""
    resolved = await incident_desk().run(task=_ALERT)
    written = await post_mortem().run(task=f"Write the post-mortem. {resolved.messages[-1].to_text()}")
    return next(message.to_text() for message in reversed(written.messages) if message.source == "editor")


def main() -> None:
    """Record the demo in a session tagged ``demo``."""
    agentops.init(tags=["demo"], trace_name="incident desk")
    asyncio.run(run())


if __name__ == "__main__":
    main()
