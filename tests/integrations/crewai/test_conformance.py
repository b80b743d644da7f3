"""The cases that every integration passes, with real crews."""

from typing import Any, ClassVar

import pytest
from crewai import Agent, Crew, Flow
from crewai.core.providers.human_input import SyncHumanInputProvider
from crewai.events.event_bus import CrewAIEventsBus, crewai_event_bus

from agentops.testing.conformance import Conformance
from tests.integrations.crewai.crews_under_test import calculator
from tests.integrations.scripted_server import Reply


class TestCrewAI(Conformance):
    integration: ClassVar[str] = "crewai"
    plugin: ClassVar[str] = "agentops_crewai.plugin"
    framework: ClassVar[str] = "crewai"

    @pytest.fixture(autouse=True)
    def _served(self, serve: Any, url: str) -> None:
        self.url = url
        self.failing_url = serve(lambda body: Reply(status=400, error="no such model"))

    def run(self) -> Any:
        return calculator(self.url).kickoff()

    async def run_async(self) -> Any:
        return await calculator(self.url).akickoff()

    async def run_streaming(self) -> Any:
        return await calculator(self.url, stream=True).kickoff_async()

    def run_failing(self) -> Any:
        return calculator(self.failing_url).kickoff()

    def patched(self) -> list[Any]:
        owners = (CrewAIEventsBus, Crew, Flow, Agent, SyncHumanInputProvider)
        names = ("emit", "aemit", "kickoff", "akickoff", "kickoff_async", "resume_async", "_prompt_input")
        bus = dict(crewai_event_bus._sync_handlers)
        return [*(vars(owner).get(name) for owner in owners for name in names), vars(SyncHumanInputProvider), bus]
