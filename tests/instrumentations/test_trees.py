"""Instrumentations of other projects, on a provider that agentops listens to: one tree, and each call in it once."""

import json
import os
import subprocess
import sys
from functools import cache
from typing import Any

import pytest

from tests.house import ROOT

CALCULATOR = """\
session default
  agent calculator
    llm gpt-4o-mini
    tool add
    llm gpt-4o-mini"""
TREES = {
    "openinference-langchain": """\
session default
  chain calculator
    chain model
      llm gpt-4o-mini
    chain tools
      tool add
    chain model
      llm gpt-4o-mini""",
    "openllmetry-langchain": CALCULATOR,
    "otel-langchain": CALCULATOR,
}
CLIENT = """\
session default
  llm gpt-4o-mini
  llm gpt-4o-mini
  llm gpt-4o-mini
  embedding text-embedding-3-small"""
CODER = """\
session default
  agent coder
    operation step 1
      llm gpt-4o-mini
      tool python_interpreter
        tool add
    operation step 2
      llm gpt-4o-mini
      tool python_interpreter
        tool final_answer"""
OPENINFERENCE_CODER = """\
session default
  agent coder.run
    chain Step 1
      llm gpt-4o-mini
      tool add
    chain Step 2
      llm gpt-4o-mini
      tool final_answer"""
DESK = """\
session default
  agent desk
    llm gpt-4o
    tool delegate_task_to_member
      agent calculator
        llm gpt-4o-mini
        tool add
        llm gpt-4o-mini
    llm gpt-4o"""
OPENINFERENCE_DESK = """\
session default
  agent desk
    tool delegate_task_to_member
    agent calculator
      llm gpt-4o-mini
      tool add
      llm gpt-4o-mini"""
REFUSED = "session default\n  llm gpt-4o-mini [error openai.APIConnectionError]"
OPENAI = ("openinference-openai", "openllmetry-openai", "otel-openai")
BOTH = ("openinference", "openllmetry", "otel")
Told = dict[str, Any]


@cache
def _run(instrumentations: str, integrations: str, *programs: str) -> Told:
    """Run programs, and return of each its ``outline`` and its ``spans``."""
    # OpenTelemetry's own instrumentations keep content out unless they are told where to put it.
    settings = {"OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT": "SPAN_ONLY"}
    done = subprocess.run(
        [
            sys.executable,
            "-W",
            "ignore",
            "-m",
            "tests.instrumentations.program",
            instrumentations,
            integrations,
            *programs,
        ],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        env={**os.environ, **settings},
    )
    assert done.returncode == 0, done.stderr
    told: Told = json.loads(done.stdout)
    return told


def _calls(told: Told) -> list[Told]:
    return [span for span in told["spans"] if span["kind"] == "llm"]


def _check_once(told: Told) -> None:
    """The scripted model's tokens are there once, and each call says what was asked and answered."""
    assert told["outline"].count("llm ") == 2
    names = ("gen_ai.usage.input_tokens", "gen_ai.usage.output_tokens")
    assert [sum(span["attributes"][name] for span in _calls(told)) for name in names] == [220, 24]
    for span in _calls(told):
        assert span["attributes"]["gen_ai.response.model"] == "gpt-4o-mini-2024-07-18"
        assert span["input"]
        assert span["output"]


@pytest.mark.parametrize("program", ["agent", "agent_async"])
@pytest.mark.parametrize("name", TREES)
def test_an_agent_is_a_tree(name: str, program: str) -> None:
    """What each instrumentation of LangChain tells of an agent is in the place where it happened."""
    told = _run(name, "", "agent", "agent_async")[program]
    assert told["outline"] == TREES[name]
    _check_once(told)
    (tool,) = (span for span in told["spans"] if span["kind"] == "tool")
    assert tool["input"] == {"a": 2, "b": 3}
    assert "5" in str(tool["output"])


@pytest.mark.parametrize("name", OPENAI)
def test_calls_by_hand_are_there(name: str) -> None:
    """What each instrumentation of the openai library tells, streams and failures included."""
    told = _run(name, "", "by_hand", "refused")
    assert told["by_hand"]["outline"] == CLIENT
    assert {span["origin"] for span in _calls(told["by_hand"])} == {"opentelemetry"}
    assert [span["attributes"]["gen_ai.usage.output_tokens"] for span in _calls(told["by_hand"])] == [3, 3, 3]
    assert told["refused"]["outline"] == REFUSED


@pytest.mark.parametrize("ours", ["langchain", "langchain,openai"])
@pytest.mark.parametrize("project", BOTH)
def test_our_integration_of_the_framework_wins(project: str, ours: str) -> None:
    """With agentops' own integration of LangChain on, its tree is the tree, and others add no call to it."""
    told = _run(f"{project}-langchain,{project}-openai", ours, "agent")["agent"]
    assert told["outline"] == CALCULATOR
    _check_once(told)
    assert {span["origin"] for span in _calls(told)} == {"langchain"}


@pytest.mark.parametrize("name", OPENAI)
def test_a_client_that_both_watch_is_recorded_once(name: str) -> None:
    """agentops' integration of openai sees through what other instrumentations put around a stream."""
    told = _run(name, "openai", "by_hand", "refused")
    assert told["by_hand"]["outline"] == CLIENT
    assert told["refused"]["outline"] == REFUSED
    calls = _calls(told["by_hand"])
    assert {span["origin"] for span in calls} == {"openai"}
    assert [span["attributes"]["gen_ai.usage.output_tokens"] for span in calls] == [3, 3, 3]
    assert "gen_ai.response.time_to_first_chunk" in calls[1]["attributes"]


@pytest.mark.parametrize("program", ["coder", "coder_streamed"])
@pytest.mark.parametrize("ours", ["", "openai", "smolagents,openai"])
def test_an_agent_of_smolagents_is_recorded_once(ours: str, program: str) -> None:
    """What OpenInference tells of it, whole or streamed; or what agentops' own integration sees, and nothing twice."""
    told = _run("openinference-smolagents", ours, "coder", "coder_streamed")[program]
    is_ours = ours.startswith("smolagents")
    assert told["outline"] == (CODER if is_ours else OPENINFERENCE_CODER)
    names = ("gen_ai.usage.input_tokens", "gen_ai.usage.output_tokens")
    assert [sum(span["attributes"][name] for span in _calls(told)) for name in names] == [220, 24]
    assert {span["origin"] for span in _calls(told)} == {"smolagents" if is_ours else "opentelemetry"}


@pytest.mark.parametrize("program", ["team", "team_streamed"])
@pytest.mark.parametrize("ours", ["", "openai", "agno,openai"])
def test_a_team_of_agno_is_recorded_once(ours: str, program: str) -> None:
    """The same of agno; OpenInference sees only models of agno's own, so the leader's scripted one is ours alone."""
    told = _run("openinference-agno", ours, "team", "team_streamed")[program]
    is_ours = ours.startswith("agno")
    assert told["outline"] == (DESK if is_ours else OPENINFERENCE_DESK)
    names = ("gen_ai.usage.input_tokens", "gen_ai.usage.output_tokens")
    member = [span for span in _calls(told) if span["attributes"]["gen_ai.request.model"] == "gpt-4o-mini"]
    assert [sum(span["attributes"][name] for span in member) for name in names] == [220, 24]
    assert {span["origin"] for span in _calls(told)} == {"agno" if is_ours else "opentelemetry"}


@pytest.mark.parametrize("name", ["openllmetry-langchain", "otel-langchain"])
def test_a_call_below_a_foreign_one_adds_to_it(name: str) -> None:
    """agentops' integration of openai, on without that of LangChain, opens no second span for a model call."""
    told = _run(name, "openai", "agent")["agent"]
    assert told["outline"] == CALCULATOR
    _check_once(told)


@pytest.mark.parametrize(("ours", "origin"), [("", "opentelemetry"), ("anthropic", "anthropic")])
def test_anthropics_own_spans(ours: str, origin: str) -> None:
    """The library makes spans itself: they are taken, unless agentops' integration records the same calls."""
    told = _run("", ours, "claude")["claude"]
    assert told["outline"] == "session default\n  llm claude-haiku-4-5\n  llm claude-haiku-4-5"
    assert {span["origin"] for span in _calls(told)} == {origin}
    assert [span["attributes"]["gen_ai.usage.input_tokens"] for span in _calls(told)] == [10, 10]
