"""Switching AutoGen's recording on and off."""

import sys
from collections.abc import Callable
from typing import Final

from autogen_agentchat.agents import BaseChatAgent, CodeExecutorAgent
from autogen_agentchat.teams import BaseGroupChat, SelectorGroupChat
from autogen_core import BaseAgent, SingleThreadedAgentRuntime
from autogen_core.code_executor import CodeExecutor
from autogen_core.memory import Memory
from autogen_core.models import ChatCompletionClient
from autogen_core.tools import BaseTool, Workbench

from agentops import Recorder
from agentops.patches import Patches
from agentops_autogen.agents import AgentRecording, SpeakerRecording, TeamRecording
from agentops_autogen.approvals import Approvals
from agentops_autogen.calls import recorded_coroutine, recorded_stream
from agentops_autogen.families import patch_family, patch_methods
from agentops_autogen.models import ModelRecording, StreamedModelRecording
from agentops_autogen.runtime import Messages
from agentops_autogen.tools import (
    CodeRecording,
    MemoryRecording,
    ToolRecording,
    WorkbenchRecording,
)

__all__ = ["install"]

_RUN_JSON: Final = ("args", "cancellation_token", "call_id")
_CALL_TOOL: Final = ("name", "arguments", "cancellation_token", "call_id")


def install(recorder: Recorder) -> Callable[[], None]:
    """Record AutoGen's calls from now on; returns what ends that."""
    patches = Patches()
    _patch_runtime(patches, recorder)
    _patch_agents(patches, recorder)
    _patch_models(patches, recorder)
    _patch_tools(patches, recorder)
    _patch_memories(patches, recorder)
    return patches.undo


def _patch_runtime(patches: Patches, recorder: Recorder) -> None:
    messages = Messages(recorder, patches)
    patch_methods(patches, BaseAgent, {"on_message": messages.handling})
    sending = {"send_message": messages.sending, "publish_message": messages.publishing}
    patch_methods(patches, SingleThreadedAgentRuntime, sending)


def _patch_agents(patches: Patches, recorder: Recorder) -> None:
    team, agent, speaker = (kind(recorder, patches) for kind in (TeamRecording, AgentRecording, SpeakerRecording))
    turns = {
        "on_messages": recorded_coroutine(agent, "messages"),
        "on_messages_stream": recorded_stream(agent, "messages"),
    }
    patch_family(patches, BaseGroupChat, {"run_stream": recorded_stream(team)})
    patch_family(patches, BaseChatAgent, turns)
    patch_family(patches, CodeExecutorAgent, {"execute_code_block": Approvals(recorder, patches).asking})
    manager = getattr(sys.modules[SelectorGroupChat.__module__], "SelectorGroupChatManager", None)
    if manager is not None:
        patch_family(patches, manager, {"select_speaker": recorded_coroutine(speaker)})


def _patch_models(patches: Patches, recorder: Recorder) -> None:
    calls = {
        "create": recorded_coroutine(ModelRecording(recorder, patches), "messages"),
        "create_stream": recorded_stream(StreamedModelRecording(recorder, patches), "messages"),
    }
    patch_family(patches, ChatCompletionClient, calls)


def _patch_tools(patches: Patches, recorder: Recorder) -> None:
    tool, workbench, code = (kind(recorder, patches) for kind in (ToolRecording, WorkbenchRecording, CodeRecording))
    runs = {
        "run_json": recorded_coroutine(tool, *_RUN_JSON),
        "run_json_stream": recorded_stream(tool, *_RUN_JSON),
    }
    calls = {
        "call_tool": recorded_coroutine(workbench, *_CALL_TOOL),
        "call_tool_stream": recorded_stream(workbench, *_CALL_TOOL),
    }
    patch_family(patches, BaseTool, runs)
    patch_family(patches, Workbench, calls)
    patch_family(patches, CodeExecutor, {"execute_code_blocks": recorded_coroutine(code, "code_blocks")})


def _patch_memories(patches: Patches, recorder: Recorder) -> None:
    accesses = {
        method: recorded_coroutine(MemoryRecording(recorder, patches, method, argument), argument or "model_context")
        for method, argument in (("update_context", None), ("query", "query"), ("add", "content"))
    }
    patch_family(patches, Memory, accesses)
