"""The cases that agentops gives to every integration, its own and strangers' alike."""

from typing import Any

import tiny_agents

from agentops.testing import recording
from agentops.testing.conformance import Conformance


def _agent(tool: Any = str.upper) -> tiny_agents.Agent:
    return tiny_agents.Agent("helper", lambda text: "shout" if text.islower() else f"It is {text}.", {"shout": tool})


def _broken(text: str) -> str:
    raise ConnectionError("the tool is down")


class TestTinyAgents(Conformance):
    """An agent that calls its model twice and a tool once."""

    integration = "tiny-agents"
    plugin = "agentops_tiny_agents.plugin"
    framework = "tiny_agents"

    def run(self) -> Any:
        """Run it once."""
        return _agent().run("why")

    async def run_async(self) -> Any:
        """Run it asynchronously."""
        return await _agent().arun("why")

    async def run_streaming(self) -> Any:
        """Run it to the end of its stream."""
        return [word async for word in _agent().stream("why")]

    def run_failing(self) -> Any:
        """Run it with a tool that raises."""
        return _agent(_broken).run("why")

    def patched(self) -> list[Any]:
        """Return what the plugin changes: the framework's list of listeners."""
        return list(tiny_agents.listeners)

    def test_tree(self) -> None:
        """The agent contains its model calls and its tool."""
        with recording() as recorded:
            assert self.run() == "It is WHY."
        assert recorded.outline() == ("session default\n  agent helper\n    llm tiny-1\n    tool shout\n    llm tiny-1")
