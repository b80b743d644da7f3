"""What a program imports decides what is recorded: AutoGen as a whole, or its core alone."""

import subprocess
import sys

import pytest

_CORE_AGENT = """
import asyncio
from dataclasses import dataclass
from autogen_core import AgentId, MessageContext, RoutedAgent, SingleThreadedAgentRuntime, message_handler
from autogen_core.models import UserMessage
from agentops_autogen.scripted import ScriptedModel

@dataclass
class Task:
    text: str

class Worker(RoutedAgent):
    @message_handler
    async def on_task(self, message: Task, ctx: MessageContext) -> Task:
        await ScriptedModel("gpt-4o-mini", ["Done."]).create([UserMessage(content="Do.", source="user")])
        return message

async def main():
    runtime = SingleThreadedAgentRuntime()
    runtime.start()
    await Worker.register(runtime, "worker", lambda: Worker("Works."))
    await runtime.send_message(Task("Do."), AgentId("worker", "default"))
    await runtime.stop_when_idle()

with agentops.start_session("mine") as session:
    asyncio.run(main())
print([(span.kind, span.name, span.origin) for span in session.events])
"""

_INIT = "import agentops; agentops.init()\n"


@pytest.mark.parametrize(
    ("start", "origin"),
    [
        pytest.param(f"{_INIT}import autogen_core", "autogen-core", id="core after init"),
        pytest.param(f"import autogen_core\n{_INIT}", "autogen-core", id="core before init"),
        pytest.param(f"{_INIT}import autogen_agentchat.teams", "autogen", id="agentchat after init"),
        pytest.param(f"import autogen_agentchat.teams\n{_INIT}", "autogen", id="agentchat before init"),
        pytest.param(f"{_INIT}import autogen_core, autogen_agentchat.agents", "autogen", id="agentchat after core"),
    ],
)
def test_each_call_is_recorded_once(start: str, origin: str) -> None:
    """In whatever order things are imported and enabled, one of the two integrations records, and only one."""
    done = subprocess.run(
        [sys.executable, "-c", f"{start}\n{_CORE_AGENT}"], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert done.stdout.splitlines()[-1] == str([("agent", "worker", origin), ("llm", "gpt-4o-mini", origin)])
