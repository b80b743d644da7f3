"""Switching on and off: the methods of smolagents that are recorded.

Its callbacks come after a step, know nothing of model calls and tools, and belong to each agent's maker; so the methods
are recorded themselves, of classes that programs derive from them too.
"""

import functools
from collections.abc import Callable
from typing import Any

from smolagents import local_python_executor, tools
from smolagents.agents import MultiStepAgent
from smolagents.local_python_executor import PythonExecutor
from smolagents.models import Model
from smolagents.tools import Tool

from agentops import Recorder, activate
from agentops.families import patch_family
from agentops.method_calls import inside, recorded_function, recorded_generator, running_call
from agentops.patches import Patches
from agentops_smolagents.agents import AgentRecording, CheckRecording
from agentops_smolagents.models import ModelRecording
from agentops_smolagents.steps import LastWordRecording, OpenSteps, PlanningRecording, StepRecording
from agentops_smolagents.tools import CodeRecording, DelegationRecording, ToolCallRecording, ToolRecording

__all__ = ["install"]

_BASE_TOOL: type = getattr(tools, "BaseTool", Tool)
"""What is a tool and no ``Tool`` came with smolagents 1.21."""


def install(recorder: Recorder) -> Callable[[], None]:
    """Record every call from now on, of objects that exist already included."""
    patches = Patches()
    steps = OpenSteps()
    models = ModelRecording(recorder, patches)
    patch_family(
        patches,
        MultiStepAgent,
        {
            "run": recorded_function(
                AgentRecording(recorder, patches), "task", "stream", gives_items=lambda given: bool(given.get("stream"))
            ),
            "_step_stream": recorded_generator(StepRecording(recorder, patches, steps), "memory_step"),
            "_generate_planning_step": recorded_generator(PlanningRecording(recorder, patches), "task"),
            "_validate_final_answer": recorded_function(CheckRecording(recorder, patches, steps), "final_answer"),
            "_handle_max_steps_reached": recorded_function(LastWordRecording(recorder, patches), "task"),
            "execute_tool_call": recorded_function(
                ToolCallRecording(recorder, patches, steps), "tool_name", "arguments"
            ),
            "__call__": recorded_function(DelegationRecording(recorder, patches), "task"),
        },
    )
    patch_family(patches, _BASE_TOOL, {"__call__": recorded_function(ToolRecording(recorder, patches))})
    patch_family(
        patches,
        Model,
        {
            "generate": recorded_function(
                models, "messages", "stop_sequences", "response_format", "tools_to_call_from"
            ),
            "generate_stream": recorded_generator(
                models, "messages", "stop_sequences", "response_format", "tools_to_call_from"
            ),
        },
    )
    code = CodeRecording(recorder, patches, steps)
    patch_family(patches, PythonExecutor, {"__call__": recorded_function(code, "code_action")})
    patches.replace(local_python_executor, "timeout", functools.partial(_into_its_thread, patches, recorder))
    return patches.undo


def _into_its_thread(patches: Patches, recorder: Recorder, timeout: Any) -> Any:
    """Carry what is current into the thread in which code runs since smolagents 1.24, so that it may be timed."""

    @functools.wraps(timeout)
    def timeout_under_span(*args: Any, **kwargs: Any) -> Any:
        run_in_thread = timeout(*args, **kwargs)

        def decorate(function: Callable[..., Any]) -> Any:
            call, span = running_call(), recorder.current_own()

            @functools.wraps(function)
            def run(*given: Any, **named: Any) -> Any:
                with inside(call), activate(span):
                    return function(*given, **named)

            return run_in_thread(run if patches.is_active else function)

        return decorate

    return timeout_under_span
