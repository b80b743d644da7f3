"""A product launch in CrewAI: ``python -m agentops_crewai.demo`` records it.

Flow, crews, tools, delegation and guardrail are CrewAI's own; only the models answer from a script.
"""

import contextlib
import io
import os
import tempfile

import agentops

__all__ = ["main"]


def main() -> None:
    """Record the demo in a session tagged ``demo``. CrewAI asks no questions, says nothing and keeps nothing."""
    os.environ.update(CREWAI_DISABLE_TELEMETRY="true", CREWAI_TRACING_ENABLED="false", CREWAI_TESTING="true")
    with tempfile.TemporaryDirectory() as storage, contextlib.redirect_stdout(io.StringIO()):
        os.environ["CREWAI_STORAGE_DIR"] = storage
        from agentops_crewai.launch import LaunchFlow

        flow = LaunchFlow()
        # Not before: the session would seem to last as long as CrewAI takes to be imported.
        agentops.init(tags=["demo"], trace_name="product launch")
        flow.kickoff(inputs={"product": "Cold-brew maker", "market": "Austria"})


if __name__ == "__main__":
    main()
