"""A LangGraph program recorded as a session: two agents, tools at once, and a person who approves.

Runs with no key and no network:  python examples/langchain_session.py
"""

from typing import Annotated, Any

from langchain.agents import create_agent
from langchain_core.messages import AIMessage, ToolMessage
from langchain_core.tools import InjectedToolCallId, tool
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import START, MessagesState, StateGraph
from langgraph.types import Command, interrupt

import agentops
from agentops_langchain.scripted import ScriptedChatModel, ask_for

agentops.init(tags=["example"])


@tool
def find_flights(city: str) -> list[str]:
    """Find flights to a city."""
    return [f"08:10 to {city}, EUR 129", f"17:45 to {city}, EUR 98"]


@tool
def find_hotels(city: str) -> list[str]:
    """Find hotels in a city."""
    return [f"Hotel Central {city}, EUR 110"]


@tool
def transfer_to_booking(tool_call_id: Annotated[str, InjectedToolCallId]) -> Command[Any]:
    """Hand over to the agent that books."""
    update = {"messages": [ToolMessage("The booking agent takes over.", tool_call_id=tool_call_id)]}
    return Command(graph=Command.PARENT, goto="booking", update=update)


@tool
def book(offer: str) -> str:
    """Book an offer, once the traveller agrees."""
    return "booked" if interrupt({"book": offer}) == "yes" else "not booked"


# Models that answer from a script. Yours is, say, ChatOpenAI(model="gpt-4o-mini").
planner = create_agent(
    ScriptedChatModel(
        script=[
            AIMessage(
                "",
                tool_calls=[
                    ask_for("find_flights", {"city": "Porto"}, "call_flights"),
                    ask_for("find_hotels", {"city": "Porto"}, "call_hotels"),
                ],
            ),
            AIMessage("", tool_calls=[ask_for("transfer_to_booking", {}, "call_transfer")]),
        ]
    ),
    [find_flights, find_hotels, transfer_to_booking],
    name="planner",
)


def _next_step(messages: list[Any]) -> AIMessage:
    if messages[-1].content == "booked":
        return AIMessage("Booked: 17:45 to Porto.")
    return AIMessage("", tool_calls=[ask_for("book", {"offer": "17:45 to Porto, EUR 98"}, "call_book")])


booking = create_agent(ScriptedChatModel(script=_next_step), [book], name="booking")

graph = StateGraph(MessagesState)
graph.add_node("planner", planner, destinations=("booking",))
graph.add_node("booking", booking)
graph.add_edge(START, "planner")
trip = graph.compile(name="trip", checkpointer=InMemorySaver())

with agentops.start_session("weekend in Porto", tags=["travel"]) as session:
    config: Any = {"configurable": {"thread_id": "trip-1"}}
    asked = trip.invoke({"messages": [{"role": "user", "content": "A weekend in Porto, please."}]}, config)
    print("To approve:", asked["__interrupt__"][0].value)
    result = trip.invoke(Command(resume="yes"), config)
    print(result["messages"][-1].content)

print("Look at it: agentops show", session.id)
