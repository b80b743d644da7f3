"""A LangGraph program on a scripted model: ``python -m agentops_langchain.demo [--async | --stream]``.

A customer's lamp arrived broken. A support desk asks two other agents, one for the order and one for the policy; the
payment service fails once. It needs no key and no network; only the model's words are made up.
"""

import argparse
import asyncio
import sys
import time
from collections.abc import Sequence
from typing import Any, Final

from langchain.agents import create_agent
from langchain.agents.middleware import ToolRetryMiddleware
from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.messages import AIMessage
from langchain_core.retrievers import BaseRetriever
from langchain_core.tools import BaseTool, StructuredTool, tool
from langgraph.graph import END, START, MessagesState, StateGraph

import agentops
from agentops_langchain.scripted import ScriptedChatModel, ask_for

__all__ = ["build", "main"]

QUESTION: Final = "My desk lamp (order 4711) arrived with a cracked shade. Can I have my money back?"
ANSWER: Final = (
    "I am sorry about the lamp. It was delivered two days ago, so you are within the 30 days: EUR 49.90 go back to "
    "your card, you will see them in 3 to 5 days. You can keep the lamp."
)


@tool
def get_order(order_id: str) -> dict[str, Any]:
    """Look up an order by its number."""
    time.sleep(0.06)
    return {"order_id": order_id, "item": "Desk lamp Aurora", "price": 49.90, "currency": "EUR", "paid_by": "card"}


@tool
def track_shipment(order_id: str) -> dict[str, str]:
    """Say where a shipment is and when it was delivered."""
    time.sleep(0.09)
    return {"order_id": order_id, "status": "delivered", "delivered": "2 days ago", "carrier": "DHL"}


class PolicyRetriever(BaseRetriever):
    """The shop's policies."""

    def _get_relevant_documents(self, query: str, *, run_manager: CallbackManagerForRetrieverRun) -> list[Document]:
        time.sleep(0.03)
        return [
            Document("Damaged on arrival: full refund within 30 days of delivery.", metadata={"source": "returns.md"}),
            Document("Below EUR 60 the customer keeps the damaged item.", metadata={"source": "returns.md"}),
        ]


@tool
def search_policies(query: str) -> str:
    """Search the shop's policies."""
    return "\n".join(document.page_content for document in PolicyRetriever().invoke(query))


def _quote_refund() -> BaseTool:
    """Make the tool that fails at its first call, as a busy service does."""
    calls = 0

    @tool
    def quote_refund(order_id: str) -> dict[str, Any]:
        """Ask the payment service what can be paid back."""
        nonlocal calls
        calls += 1
        time.sleep(0.05)
        if calls == 1:
            raise TimeoutError("payments.example did not answer within 2 s")
        return {"order_id": order_id, "refundable": 49.90, "currency": "EUR", "days": "3 to 5"}

    return quote_refund


def _said(content: str, tokens: tuple[int, int, int], *calls: dict[str, Any]) -> AIMessage:
    """Return a reply; its tokens are input, output, and those of the input that were read from the cache."""
    given, answered, cached = tokens
    return AIMessage(
        content,
        tool_calls=list(calls),
        usage_metadata={
            "input_tokens": given,
            "output_tokens": answered,
            "total_tokens": given + answered,
            "input_token_details": {"cache_read": cached},
        },
    )


def _order_clerk() -> Any:
    script = [
        _said(
            "",
            (312, 41, 0),
            ask_for("get_order", {"order_id": "4711"}, "call_order"),
            ask_for("track_shipment", {"order_id": "4711"}, "call_track"),
        ),
        _said("Order 4711: desk lamp Aurora, EUR 49.90 by card, delivered two days ago.", (428, 27, 256)),
    ]
    return create_agent(
        ScriptedChatModel(script=script, model_name="gpt-4o-mini", delay_s=0.07),
        [get_order, track_shipment],
        name="order_clerk",
        system_prompt="You look up orders and shipments. Report facts only.",
    )


def _refund_expert() -> Any:
    script = [
        _said("", (341, 24, 0), ask_for("search_policies", {"query": "lamp damaged on arrival"}, "call_policy")),
        _said("", (402, 19, 256), ask_for("quote_refund", {"order_id": "4711"}, "call_quote")),
        _said("Full refund of EUR 49.90 to the card, 3 to 5 days; the customer keeps the lamp.", (466, 31, 384)),
    ]
    return create_agent(
        ScriptedChatModel(script=script, model_name="gpt-4o-mini", delay_s=0.06),
        [search_policies, _quote_refund()],
        name="refund_expert",
        system_prompt="You know the shop's policies and what the payment service allows.",
        middleware=[ToolRetryMiddleware(max_retries=2, initial_delay=0.02, jitter=False)],
    )


def _as_tool(agent: Any, name: str, description: str) -> BaseTool:
    """Let another agent ask this one."""

    def ask(question: str) -> str:
        result = agent.invoke({"messages": [{"role": "user", "content": question}]})
        return str(result["messages"][-1].content)

    async def ask_async(question: str) -> str:
        result = await agent.ainvoke({"messages": [{"role": "user", "content": question}]})
        return str(result["messages"][-1].content)

    return StructuredTool.from_function(ask, ask_async, name=name, description=description)


def _support_desk() -> Any:
    script = [
        _said("", (387, 35, 0), ask_for("ask_order_clerk", {"question": "What is order 4711?"}, "call_clerk")),
        _said("", (455, 48, 256), ask_for("ask_refund_expert", {"question": "Refund order 4711?"}, "call_expert")),
        _said(ANSWER, (541, 62, 384)),
    ]
    return create_agent(
        ScriptedChatModel(script=script, model_name="gpt-4o", delay_s=0.1),
        [
            _as_tool(_order_clerk(), "ask_order_clerk", "Ask the clerk who knows orders and shipments."),
            _as_tool(_refund_expert(), "ask_refund_expert", "Ask the expert who knows policies and payments."),
        ],
        name="support_desk",
        system_prompt="You answer customers. Ask your colleagues, never guess.",
    )


class SupportState(MessagesState):
    """What the graph passes on from node to node."""

    customer: dict[str, str]
    case: str


def load_customer(state: SupportState) -> dict[str, Any]:
    """Know who is asking."""
    time.sleep(0.02)
    return {"customer": {"name": "customer 1042", "tier": "gold"}}


def close_case(state: SupportState) -> dict[str, Any]:
    """Note how it ended."""
    time.sleep(0.01)
    return {"case": "refund granted"}


def build() -> Any:
    """Build the graph. Its payment service fails once per graph, so build it anew for each run."""
    graph = StateGraph(SupportState)
    graph.add_node("load_customer", load_customer)
    graph.add_node("support_desk", _support_desk())
    graph.add_node("close_case", close_case)
    graph.add_edge(START, "load_customer")
    graph.add_edge("load_customer", "support_desk")
    graph.add_edge("support_desk", "close_case")
    graph.add_edge("close_case", END)
    return graph.compile(name="customer_support")


def run(mode: str = "sync") -> str:
    """Run the graph as ``sync``, ``async`` or ``stream``, and return the answer."""
    graph = build()
    asked: Any = {"messages": [{"role": "user", "content": QUESTION}]}
    if mode == "async":
        result = asyncio.run(graph.ainvoke(asked))
    elif mode == "stream":
        result = {}
        for kind, part in graph.stream(asked, stream_mode=["messages", "values"]):
            result = part if kind == "values" else result
    else:
        result = graph.invoke(asked)
    return str(result["messages"][-1].content)


def main(argv: Sequence[str] | None = None) -> int:
    """Record one run and say what was answered."""
    parser = argparse.ArgumentParser(prog="python -m agentops_langchain.demo", description=__doc__)
    modes = parser.add_mutually_exclusive_group()
    modes.add_argument("--async", dest="mode", action="store_const", const="async", help="run it on an event loop")
    modes.add_argument("--stream", dest="mode", action="store_const", const="stream", help="stream it")
    mode = parser.parse_args(argv).mode or "sync"
    agentops.init(tags=["demo", f"demo:{mode}"], trace_name="broken lamp")
    sys.stdout.write(f"Customer: {QUESTION}\nSupport:  {run(mode)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
