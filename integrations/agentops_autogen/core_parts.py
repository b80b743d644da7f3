"""Recording what ``autogen_core`` does: messages, model calls, tools, code and memory."""

from typing import Final

from autogen_core import BaseAgent, SingleThreadedAgentRuntime
from autogen_core.code_executor import CodeExecutor
from autogen_core.memory import Memory
from autogen_core.models import ChatCompletionClient
from autogen_core.tools import BaseTool, Workbench

from agentops import Recorder
from agentops.families import patch_family, patch_methods
from agentops.method_calls import recorded_coroutine, recorded_stream
from agentops.patches import Patches
from agentops_autogen.models import ModelRecording, StreamedModelRecording
from agentops_autogen.runtime import Messages
from agentops_autogen.tools import CodeRecording, MemoryRecording, ToolRecording, WorkbenchRecording

__all__ = ["patch_core"]

_RUN_JSON: Final = ("args", "cancellation_token", "call_id")
_CALL_TOOL: Final = ("name", "arguments", "cancellation_token", "call_id")


def patch_core(patches: Patches, recorder: Recorder) -> None:
    """Record from now on, until the patches are undone."""
    _patch_runtime(patches, recorder)
    _patch_models(patches, recorder)
    _patch_tools(patches, recorder)
    _patch_memories(patches, recorder)


def _patch_runtime(patches: Patches, recorder: Recorder) -> None:
    messages = Messages(recorder, patches)
    patch_methods(patches, BaseAgent, {"on_message": messages.handling})
    sending = {"send_message": messages.sending, "publish_message": messages.publishing}
    patch_methods(patches, SingleThreadedAgentRuntime, sending)


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
