"""How tiny_agents' events become a tree: by the ids that the framework hands over."""

from agentops import Recorder
from agentops.messages import message
from agentops.semconv import GenAI, SpanKind

__all__ = ["Listener"]

KINDS = {"agent": SpanKind.AGENT, "model": SpanKind.LLM, "tool": SpanKind.TOOL}


class Listener:
    """Hears of runs. A recorder's methods never raise, so neither do these."""

    def __init__(self, recorder: Recorder) -> None:
        self.recorder = recorder

    def started(self, run: int, parent: int | None, kind: str, name: str, given: object) -> None:
        """Open a span under the run that the framework names."""
        is_model = kind == "model"
        self.recorder.start(
            KINDS[kind],
            name,
            key=run,
            parent_key=parent,
            input=[message("user", str(given))] if is_model else given,
            attributes={GenAI.REQUEST_MODEL: name} if is_model else None,
            make_current=True,
        )

    def finished(self, run: int, result: object) -> None:
        """End the span with its result."""
        span = self.recorder.get(run)
        is_model = span is not None and span.kind == SpanKind.LLM
        self.recorder.end(run, output=[message("assistant", str(result))] if is_model else result)

    def failed(self, run: int, error: Exception) -> None:
        """End the span with the error, which goes on to the caller."""
        self.recorder.end(run, error=error)
