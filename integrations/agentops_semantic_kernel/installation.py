"""Switching on and off: the methods of Semantic Kernel that are recorded.

Its own OpenTelemetry spans are left alone. They are off unless an environment variable is set before the import, leave
what was said to log records, and in a stream they would be current in the program's own loop.
"""

from collections.abc import Callable
from contextlib import suppress

from semantic_kernel.agents import Agent
from semantic_kernel.connectors.ai.chat_completion_client_base import ChatCompletionClientBase
from semantic_kernel.connectors.ai.embedding_generator_base import EmbeddingGeneratorBase
from semantic_kernel.connectors.ai.text_completion_client_base import TextCompletionClientBase
from semantic_kernel.functions.kernel_function import KernelFunction

from agentops import Recorder
from agentops.families import patch_family, patch_methods
from agentops.method_calls import recorded_coroutine, recorded_stream
from agentops.patches import Patches
from agentops_semantic_kernel.agents import AgentRecording
from agentops_semantic_kernel.functions import FunctionRecording
from agentops_semantic_kernel.models import EmbeddingRecording, ModelRecording
from agentops_semantic_kernel.orchestrations import Orchestrations

__all__ = ["install"]


def install(recorder: Recorder) -> Callable[[], None]:
    """Record every call from now on, of objects that exist already included."""
    patches = Patches()
    agents, models = AgentRecording(recorder, patches), ModelRecording(recorder, patches)
    functions, embeddings = FunctionRecording(recorder, patches), EmbeddingRecording(recorder, patches)
    patch_family(
        patches,
        Agent,
        {
            "get_response": recorded_coroutine(agents, "messages"),
            "invoke": recorded_stream(agents, "messages"),
            "invoke_stream": recorded_stream(agents, "messages"),
        },
    )
    patch_family(
        patches,
        ChatCompletionClientBase,
        {
            "_inner_get_chat_message_contents": recorded_coroutine(models, "chat_history", "settings"),
            "_inner_get_streaming_chat_message_contents": recorded_stream(models, "chat_history", "settings"),
        },
    )
    patch_family(
        patches,
        TextCompletionClientBase,
        {
            "_inner_get_text_contents": recorded_coroutine(models, "prompt", "settings"),
            "_inner_get_streaming_text_contents": recorded_stream(models, "prompt", "settings"),
        },
    )
    patch_family(
        patches, EmbeddingGeneratorBase, {"generate_embeddings": recorded_coroutine(embeddings, "texts", "settings")}
    )
    patch_methods(
        patches,
        KernelFunction,
        {
            "invoke": recorded_coroutine(functions, "kernel", "arguments", "metadata"),
            "invoke_stream": recorded_stream(functions, "kernel", "arguments", "metadata"),
        },
    )
    with suppress(ImportError):  # orchestrations need protobuf, which Semantic Kernel does not ask for
        _patch_orchestrations(patches, recorder)
    return patches.undo


def _patch_orchestrations(patches: Patches, recorder: Recorder) -> None:
    from semantic_kernel.agents.orchestration.agent_actor_base import ActorBase
    from semantic_kernel.agents.orchestration.orchestration_base import OrchestrationBase

    orchestrations = Orchestrations(recorder, patches)
    patch_family(patches, OrchestrationBase, {"_prepare": orchestrations.prepare, "_start": orchestrations.start})
    patch_methods(patches, ActorBase, {"on_message_impl": orchestrations.message})
