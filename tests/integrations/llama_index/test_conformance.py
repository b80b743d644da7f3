"""LlamaIndex passes the cases that every integration passes."""

import asyncio
from typing import Any

from llama_index.core.instrumentation import root_dispatcher

from agentops.testing.conformance import Conformance
from agentops_llama_index.scripted import ScriptedLLM
from tests.integrations.llama_index.agents_under_test import ASKED, ask, calculator


class TestLlamaIndex(Conformance):
    integration = "llama-index"
    plugin = "agentops_llama_index.plugin"
    framework = "llama_index"

    def run(self) -> Any:
        return asyncio.run(ask(calculator()))

    async def run_async(self) -> Any:
        """A model that is not streamed, which it is in the other two."""
        return await ask(calculator(streaming=False))

    async def run_streaming(self) -> Any:
        """A run whose events are read while it goes on."""
        handler = calculator().run(user_msg=ASKED)
        seen = [type(event).__name__ async for event in handler.stream_events()]
        return [*seen, str(await handler)]

    def run_failing(self) -> Any:
        return asyncio.run(ask(calculator(model=ScriptedLLM("gpt-4o-mini", [ConnectionError("the model is down")]))))

    def patched(self) -> list[Any]:
        handlers = (root_dispatcher.span_handlers, root_dispatcher.event_handlers)
        return [[id(handler) for handler in listed] for listed in handlers]
