"""Switching the integration on and off: the methods that are recorded."""

from collections.abc import Callable

from anthropic._base_client import AsyncAPIClient, SyncAPIClient
from anthropic.resources.beta.messages import AsyncMessages as AsyncBetaMessages
from anthropic.resources.beta.messages import Messages as BetaMessages
from anthropic.resources.messages import AsyncMessages, Messages

from agentops import Recorder
from agentops.patches import Patches
from agentops.stainless import ClientCalls
from agentops_anthropic.requests import MESSAGES

__all__ = ["install"]


def install(recorder: Recorder) -> Callable[[], None]:
    """Wrap the methods that ask a model; whoever holds a client already gets them too."""
    patches = Patches()
    calls = ClientCalls(recorder, patches)
    for sync, asynchronous in ((Messages, AsyncMessages), (BetaMessages, AsyncBetaMessages)):
        calls.record(sync, asynchronous, "create", MESSAGES)
        calls.record(sync, asynchronous, "parse", MESSAGES)
        calls.record_posts(sync, asynchronous, "stream", MESSAGES)
    calls.count_retries(SyncAPIClient, AsyncAPIClient)
    return patches.undo
