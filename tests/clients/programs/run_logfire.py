"""A Pydantic AI agent in a Logfire span, and a span that fails."""

import os
import sys

os.environ["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"] = f"{sys.argv[1]}/v1/traces"

import logfire
from pydantic_ai import Agent
from pydantic_ai.models.test import TestModel

logfire.configure(send_to_logfire=False, console=False, metrics=False)
logfire.instrument_pydantic_ai()
agent = Agent(TestModel(), name="helper", system_prompt="Be short.")


@agent.tool_plain
def search(q: str) -> str:
    return f"found {q}"


with logfire.span("checkout {number}", number=3, _tags=["shop"]):
    agent.run_sync("why is my lamp broken?")
    try:
        with logfire.span("fails"):
            raise ValueError("nope")
    except ValueError:
        pass
logfire.force_flush()
