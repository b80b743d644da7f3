"""A research desk whose library records itself with OpenTelemetry: ``python -m agentops_opentelemetry.demo``.

The library knows nothing of agentops; it writes the spans that OpenTelemetry's GenAI pages ask for.
"""

import asyncio
import json
from typing import Any

from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider

import agentops
from agentops.messages import message, text, tool_call
from agentops.semconv import GenAI, Operation

__all__ = ["main"]

_QUESTION = "Which of our two suppliers of glass should we keep?"


def _tracer() -> trace.Tracer:
    return trace.get_tracer("desk_library", "2.1.0")


def _named(operation: str, target: str) -> dict[str, Any]:
    attribute = GenAI.TOOL_NAME if operation == Operation.EXECUTE_TOOL else GenAI.AGENT_NAME
    return {"name": f"{operation} {target}", "attributes": {GenAI.OPERATION_NAME: operation, attribute: target}}


async def _ask(model: str, asked: str, answered: dict[str, Any], tokens: tuple[int, int], seconds: float) -> None:
    attributes: dict[str, Any] = {
        GenAI.OPERATION_NAME: Operation.CHAT,
        GenAI.PROVIDER_NAME: "openai",
        GenAI.REQUEST_MODEL: model,
    }
    with _tracer().start_as_current_span(f"chat {model}", attributes=attributes) as span:
        await asyncio.sleep(seconds)
        span.set_attributes(
            {
                GenAI.INPUT_MESSAGES: json.dumps([message("user", asked)]),
                GenAI.OUTPUT_MESSAGES: json.dumps([answered]),
                GenAI.USAGE_INPUT_TOKENS: tokens[0],
                GenAI.USAGE_OUTPUT_TOKENS: tokens[1],
                GenAI.RESPONSE_MODEL: model,
            }
        )


async def _use(tool: str, arguments: dict[str, Any], result: object, seconds: float) -> None:
    with _tracer().start_as_current_span(**_named(Operation.EXECUTE_TOOL, tool)) as span:
        span.set_attribute(GenAI.TOOL_CALL_ARGUMENTS, json.dumps(arguments))
        await asyncio.sleep(seconds)
        if isinstance(result, Exception):
            raise result
        span.set_attribute(GenAI.TOOL_CALL_RESULT, json.dumps(result))


async def _supplier(name: str, *, is_reachable: bool) -> None:
    """One of two analysts at work at the same time."""
    with _tracer().start_as_current_span(**_named(Operation.INVOKE_AGENT, f"analyst {name}")):
        call = message("assistant", [tool_call("read_invoices", {"supplier": name}, f"call_{name}")], "tool_calls")
        await _ask("gpt-4o-mini", f"What did {name} cost us this year?", call, (318, 21), 0.05)
        await _use("read_invoices", {"supplier": name}, [{"month": "2026-10", "eur": 18_450.0}], 0.03)
        try:
            gone = None if is_reachable else TimeoutError("delivery records did not answer within 40 ms")
            await _use("read_deliveries", {"supplier": name}, gone or {"late": 1, "broken": 0}, 0.04)
        except TimeoutError:
            pass
        said = message("assistant", [text(f"{name}: 221 400 EUR, 1 of 96 deliveries late.")], "stop")
        await _ask("gpt-4o-mini", f"Sum up {name}.", said, (402, 33), 0.06)


async def run() -> None:
    """Answer one question with a lead and two analysts."""
    with _tracer().start_as_current_span(**_named(Operation.INVOKE_AGENT, "lead")):
        call = message("assistant", [tool_call("analyse", {"suppliers": ["Alba", "Vetro"]}, "call_1")], "tool_calls")
        await _ask("gpt-4o", _QUESTION, call, (205, 28), 0.05)
        await asyncio.gather(_supplier("Alba", is_reachable=True), _supplier("Vetro", is_reachable=False))
        said = message("assistant", [text("Keep Alba: same price, fewer late deliveries.")], "stop")
        await _ask("gpt-4o", _QUESTION, said, (688, 47), 0.07)


def main() -> None:
    """Record the demo in a session tagged ``demo``."""
    if not isinstance(trace.get_tracer_provider(), TracerProvider):
        trace.set_tracer_provider(TracerProvider())
    agentops.init(tags=["demo"], trace_name="supplier review")
    asyncio.run(run())


if __name__ == "__main__":
    main()
