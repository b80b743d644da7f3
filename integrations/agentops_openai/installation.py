"""Switching the integration on and off: the methods that are recorded."""

from collections.abc import Callable

import openai
from openai.resources.chat.completions import AsyncCompletions as AsyncChat
from openai.resources.chat.completions import Completions as Chat
from openai.resources.completions import AsyncCompletions, Completions
from openai.resources.embeddings import AsyncEmbeddings, Embeddings
from openai.resources.responses import AsyncResponses, Responses

from agentops import Recorder
from agentops.patches import Patches
from agentops.stainless import ClientCalls
from agentops_openai.endpoints import CHAT, COMPLETION, EMBEDDING, RESPONSE

__all__ = ["install"]


def install(recorder: Recorder) -> Callable[[], None]:
    """Wrap the methods that ask a model; whoever holds a client already gets them too."""
    patches = Patches()
    calls = ClientCalls(recorder, patches)
    calls.record(Chat, AsyncChat, "create", CHAT)
    calls.record(Chat, AsyncChat, "parse", CHAT)
    calls.record(Responses, AsyncResponses, "create", RESPONSE)
    calls.record(Responses, AsyncResponses, "parse", RESPONSE)
    calls.record(Completions, AsyncCompletions, "create", COMPLETION)
    calls.record(Embeddings, AsyncEmbeddings, "create", EMBEDDING)
    calls.count_retries(openai.OpenAI, openai.AsyncOpenAI)
    return patches.undo
