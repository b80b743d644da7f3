"""A program of the AgentOps SDK 0.4: a decorated session, and a trace by hand."""

import sys
import time

import agentops
from agentops.sdk.decorators import agent, operation, session, tool

URL = sys.argv[1]
agentops.init(
    api_key=sys.argv[2] if len(sys.argv) > 2 else "11111111-2222-3333-4444-555555555555",
    endpoint=URL,
    exporter_endpoint=f"{URL}/v1/traces",
    auto_start_session=False,
    instrument_llm_calls=False,
)

# It signs in in the background, and sends the log of a session that ends before that without its key.
for _ in range(200 if len(sys.argv) > 2 else 0):
    if agentops.get_client().api.v4.auth_token:
        break
    time.sleep(0.05)


@tool(name="search")
def search(question):
    return {"found": question}


@tool(name="broken")
def broken():
    raise ValueError("no such order")


@agent(name="planner")
class Planner:
    @operation(name="plan")
    def plan(self, question):
        search(question)
        try:
            broken()
        except ValueError:
            return "planned without it"


@session(name="checkout", tags=["prod"])
def checkout(question):
    print("hello from the program")  # noqa: T201 (what the client uploads as a log)
    return Planner().plan(question)


checkout("order 4711")
trace = agentops.start_trace("manual", tags=["by-hand"])
search("by hand")
agentops.end_trace(trace, "Success")
time.sleep(2)  # its exporter works in the background and has no flush that waits
