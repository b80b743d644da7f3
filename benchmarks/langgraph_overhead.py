"""What recording adds to a LangGraph agent run: two model calls, two tools, on a scripted model.

    python benchmarks/langgraph_overhead.py [--rounds 9] [--runs 40] [--json]

Blocks of runs alternate, A B C A B C: without us, with a handler that does nothing, recorded to the spool. CPU time is
that of the whole process, so what the writing thread does counts. A figure is the median over the rounds of the ratio
to the plain block of the same round, so that a noisy machine spoils single rounds only.
"""

import argparse
import gc
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from typing import Any

os.environ.update(LANGSMITH_TRACING="false", LANGCHAIN_TRACING_V2="false")

from langchain.agents import create_agent
from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.messages import AIMessage
from langchain_core.tools import tool

import agentops
from agentops_langchain.scripted import ScriptedChatModel, ask_for

QUESTION = {"messages": [{"role": "user", "content": "What is 1 + 2, and 3 + 4?"}]}


class _NoOp(BaseCallbackHandler):
    run_inline = True


@tool
def add(a: int, b: int) -> int:
    """Add two numbers."""
    return a + b


def agent() -> Any:
    """Return an agent that asks its model twice, and for two tools at once in between."""
    calls = [ask_for("add", {"a": 1, "b": 2}, "call_1"), ask_for("add", {"a": 3, "b": 4}, "call_2")]
    model = ScriptedChatModel(script=[AIMessage("", tool_calls=calls), "1 + 2 is 3, and 3 + 4 is 7."])
    return create_agent(model, [add], name="calculator", system_prompt="You calculate.")


def _cpu_ms(run: Callable[[], object], count: int) -> float:
    """Return milliseconds of CPU per run, over a block, with everything that it left to be written."""
    gc.collect()
    started = time.process_time()
    for _ in range(count):
        run()
    agentops.flush()
    return (time.process_time() - started) * 1000 / count


def _round(made: Any, runs: int) -> dict[str, float]:
    with_handler = {"callbacks": [_NoOp()]}
    plain = _cpu_ms(lambda: made.invoke(QUESTION), runs)
    no_op = _cpu_ms(lambda: made.invoke(QUESTION, with_handler), runs)
    agentops.enable("langchain")
    with agentops.start_session("benchmark"):
        recorded = _cpu_ms(lambda: made.invoke(QUESTION), runs)
    agentops.disable("langchain")
    return {"plain": plain, "no-op handler": no_op, "agentops": recorded}


def measure(rounds: int, runs: int) -> dict[str, Any]:
    """Run the rounds, after one to warm up, and return medians: CPU per run and the share added."""
    made = agent()
    _round(made, max(5, runs // 4))
    found = [_round(made, runs) for _ in range(rounds)]
    added = {
        name: statistics.median(each[name] / each["plain"] - 1 for each in found)
        for name in ("no-op handler", "agentops")
    }
    return {
        "rounds": rounds,
        "runs": runs,
        "cpu_ms_per_run": {name: round(statistics.median(each[name] for each in found), 3) for name in found[0]},
        "added": {name: round(share, 4) for name, share in added.items()},
    }


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--runs", type=int, default=40, help="runs per block")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        agentops.init(home=home, integrations=[], auto_start_session=False)
        result = measure(options.rounds, options.runs)
    if options.json:
        print(json.dumps(result, indent=2))
        return 0
    for name, milliseconds in result["cpu_ms_per_run"].items():
        added = result["added"].get(name)
        print(f"{name:15} {milliseconds:7.2f} ms CPU per run" + (f"   {added:+.1%}" if added is not None else ""))
    return 0


if __name__ == "__main__":
    sys.exit(main())
