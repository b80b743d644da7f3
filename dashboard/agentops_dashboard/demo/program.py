"""The programs that can be shown, and running one in a process of its own."""

import importlib.util
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from agentops.errors import AgentOpsError

__all__ = ["DEFAULT", "PROGRAMS", "Program", "record"]

_TIMEOUT_S: Final = 120


@dataclass(frozen=True, slots=True)
class Program:
    """A demo of one framework.

    Args:
        module: Run with ``python -m``.
        needs: Top-level modules of the framework, without which it cannot run.
        extra: The extra of ``agentops`` that installs them.
    """

    module: str
    needs: tuple[str, ...]
    extra: str

    def missing(self) -> list[str]:
        """Return what is not installed of what it needs."""
        return [name for name in self.needs if not _is_installed(name)]


DEFAULT: Final = "langchain"
PROGRAMS: Final = {
    "langchain": Program("agentops_langchain.demo", ("langchain", "langgraph"), "demo"),
    "crewai": Program("agentops_crewai.demo", ("crewai",), "crewai"),
    "autogen": Program("agentops_autogen.demo", ("autogen_agentchat",), "autogen"),
    "openai-agents": Program("agentops_openai_agents.demo", ("agents",), "openai-agents"),
    "pydantic-ai": Program("agentops_pydantic_ai.demo", ("pydantic_ai",), "pydantic-ai"),
    "google-adk": Program("agentops_google_adk.demo", ("google.adk",), "google-adk"),
    "strands": Program("agentops_strands.demo", ("strands",), "strands"),
    "agent-framework": Program("agentops_agent_framework.demo", ("agent_framework",), "agent-framework"),
    "semantic-kernel": Program("agentops_semantic_kernel.demo", ("semantic_kernel",), "semantic-kernel"),
    "ag2": Program("agentops_ag2.demo", ("ag2",), "ag2"),
    "llama-index": Program("agentops_llama_index.demo", ("llama_index.core",), "llama-index"),
    "smolagents": Program("agentops_smolagents.demo", ("smolagents",), "smolagents"),
    "agno": Program("agentops_agno.demo", ("agno",), "agno"),
}

_QUIET: Final = {
    "AGNO_TELEMETRY": "false",
    "ANONYMIZED_TELEMETRY": "false",
    "CREWAI_DISABLE_TELEMETRY": "true",
    "CREWAI_TESTING": "true",
    "CREWAI_TRACING_ENABLED": "false",
    "LANGCHAIN_TRACING_V2": "false",
    "LANGSMITH_TRACING": "false",
    "PYTHONIOENCODING": "utf-8",
}
"""A demo talks to nobody, whatever its framework would like to send home."""


def record(framework: str, home: Path, arguments: list[str]) -> int:
    """Run a framework's program and record it under a home directory.

    Returns:
        When it was started, in milliseconds since the epoch.

    Raises:
        AgentOpsError: The framework is not installed, or the program failed.
    """
    program = PROGRAMS[framework]
    missing = program.missing()
    if missing:
        raise AgentOpsError(
            f"the demo of {framework} needs {' and '.join(missing)}, which is not installed; "
            f"run: pip install 'agentops[{program.extra},dashboard]'"
        )
    # Settings of the user's own programs, such as an endpoint, are not meant for the demo.
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AGENTOPS_")}
    environment = {**kept, **_QUIET, "AGENTOPS_HOME": str(home)}
    started_ms = time.time_ns() // 1_000_000
    command = [sys.executable, "-m", program.module, *arguments]
    try:
        # Its output goes to standard error, so that `--json` prints JSON and nothing else.
        result = subprocess.run(command, env=environment, stdout=sys.stderr, timeout=_TIMEOUT_S, check=False)
    except subprocess.TimeoutExpired as error:
        raise AgentOpsError(
            f"the demo of {framework} did not end within {_TIMEOUT_S} s. Run it by itself: "
            f"{sys.executable} -m {program.module}"
        ) from error
    if result.returncode:
        raise AgentOpsError(
            f"the demo of {framework} failed with exit code {result.returncode}; what it said is above. "
            f"To see what is installed, run: agentops doctor"
        )
    return started_ms


def _is_installed(name: str) -> bool:
    try:
        return importlib.util.find_spec(name) is not None
    except ModuleNotFoundError:
        return False
