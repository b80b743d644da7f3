"""Switching on and off: the functions and methods of agno that are recorded.

Its events come only from runs that are streamed with ``stream_events``, and its hooks belong to each agent's maker; so
the functions that run agents, teams, workflows, tools and models are recorded themselves.
"""

import importlib
import inspect
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

from agno.agent import _messages
from agno.agent import _run as agent_run
from agno.guardrails.base import BaseGuardrail
from agno.learn.machine import LearningMachine
from agno.memory.manager import MemoryManager
from agno.models import base
from agno.models.base import Model
from agno.reasoning.manager import ReasoningManager
from agno.session.summary import SessionSummaryManager
from agno.team import _default_tools as team_tools
from agno.team import _run as team_run
from agno.tools import function
from agno.tools.function import FunctionCall

from agentops import Recorder
from agentops.families import patch_family, patch_methods
from agentops.method_calls import Recording, recorded_coroutine, recorded_generator, recorded_stream
from agentops.patches import Patches
from agentops_agno.beside import GuardrailRecording, MemoryRecording, ReasoningRecording, RetrievalRecording
from agentops_agno.models import ModelRecording
from agentops_agno.runs import ExternalRecording, ResumptionRecording, RunRecording
from agentops_agno.swallowed import noticed
from agentops_agno.tools import ToolRecording, asked_for, over_limit
from agentops_agno.waits import Waits
from agentops_agno.workflows import StepRecording, WorkflowRecording

__all__ = ["install"]

_RUNS: Final = ("run", "run_stream", "run_tasks", "run_tasks_stream", "continue_run", "continue_run_stream")
"""What carries runs out, whoever has asked for them: callers, a background task, a team that goes on with a member."""
_STEPS: Final = {
    "step": "Step",
    "steps": "Steps",
    "parallel": "Parallel",
    "loop": "Loop",
    "condition": "Condition",
    "router": "Router",
}


def install(recorder: Recorder) -> Callable[[], None]:
    """Record every call from now on, of objects that exist already included."""
    patches = Patches()
    waits = Waits(recorder)
    runs = _recorded(RunRecording(recorder, patches, waits))
    for module in (agent_run, team_run):
        for name in _RUNS:
            patches.replace(module, f"_{name}", runs)
            patches.replace(module, f"_a{name}", runs)
        patches.replace(module, "log_error", noticed)
    patches.replace(team_run, "continue_run_dispatch", _recorded(ResumptionRecording(recorder, patches, waits)))
    _patch_tools(patches, recorder)
    _patch_models(patches, recorder)
    _patch_what_is_beside(patches, recorder)
    with suppress(ImportError):  # agents of other frameworks came with agno 2.6
        _patch_external_agents(patches, recorder, waits)
    with suppress(ImportError):  # before agno 3.0 workflows need fastapi, which agno does not ask for
        _patch_workflows(patches, recorder, waits)
    return patches.undo


def _patch_tools(patches: Patches, recorder: Recorder) -> None:
    tools = _recorded(ToolRecording(recorder, patches))
    patch_methods(patches, FunctionCall, {"execute": tools, "aexecute": tools})
    patches.replace(function, "log_exception", noticed)
    patches.replace(base, "get_function_call_for_tool_call", asked_for(patches, recorder))
    patch_methods(patches, Model, {"create_tool_call_limit_error_result": over_limit(patches, recorder)})


def _patch_models(patches: Patches, recorder: Recorder) -> None:
    models = ModelRecording(recorder, patches)
    patch_family(
        patches,
        Model,
        {
            "invoke": _recorded(models),
            "ainvoke": _recorded(models),
            "invoke_stream": _recorded(models),
            "ainvoke_stream": recorded_stream(models, "messages", "assistant_message"),
        },
    )


def _patch_what_is_beside(patches: Patches, recorder: Recorder) -> None:
    checks = _recorded(GuardrailRecording(recorder, patches))
    patch_family(patches, BaseGuardrail, {"check": checks, "async_check": checks})
    retrieval = _recorded(RetrievalRecording(recorder, patches))
    for module in (_messages, team_tools):
        patches.replace(module, "get_relevant_docs_from_knowledge", retrieval)
        patches.replace(module, "aget_relevant_docs_from_knowledge", retrieval)
    reasoning = _recorded(ReasoningRecording(recorder, patches))
    patch_methods(patches, ReasoningManager, {"reason": reasoning, "areason": reasoning})
    for cls, names, called in (
        (MemoryManager, ("create_user_memories", "update_memory_task"), "update memories"),
        (MemoryManager, ("search_user_memories",), "search memories"),
        (SessionSummaryManager, ("create_session_summary",), "summarize session"),
        (LearningMachine, ("process",), "learn"),
    ):
        memory = _recorded(MemoryRecording(recorder, patches, called))
        patch_methods(patches, cls, {f"{prefix}{name}": memory for name in names for prefix in ("", "a")})


def _patch_external_agents(patches: Patches, recorder: Recorder, waits: Waits) -> None:
    from agno.agents import base as external

    runs = _recorded(ExternalRecording(recorder, patches, waits))
    patch_family(patches, external.BaseExternalAgent, {"_arun_non_stream": runs, "_arun_stream": runs})
    patches.replace(external, "log_exception", noticed)
    patches.replace(external, "log_error", noticed)


def _patch_workflows(patches: Patches, recorder: Recorder, waits: Waits) -> None:
    from agno.workflow import step as steps
    from agno.workflow.workflow import Workflow

    whole = _recorded(WorkflowRecording(recorder, patches, waits))
    names = ("execute", "execute_stream")
    runs = [f"_{before}{name}" for name in names for before in ("", "a", "continue_", "acontinue_")]
    patch_methods(patches, Workflow, dict.fromkeys(runs, whole))
    patches.replace(steps, "log_warning", noticed)
    for module, name in _STEPS.items():
        cls = getattr(importlib.import_module(f"agno.workflow.{module}"), name)
        step = _recorded(StepRecording(recorder, patches))
        patch_family(patches, cls, {f"{before}{method}": step for method in names for before in ("", "a")})


def _recorded(recording: Recording) -> Callable[[Callable[..., Any]], Any]:
    """Return what wraps a function or method by the kind that it is, with its parameters' names from itself."""

    def wrap(method: Callable[..., Any]) -> Any:
        names = [*inspect.signature(method).parameters][1:]
        if inspect.isasyncgenfunction(method):
            return recorded_stream(recording, *names)(method)
        if inspect.iscoroutinefunction(method):
            return recorded_coroutine(recording, *names)(method)
        # A plain function may as well return the generator of another one.
        return recorded_generator(recording, *names)(method)

    return wrap
