"""For tests: record into memory with fixed ids and a ticking clock, look at trees as plain data, and run the
conformance cases that every integration passes.

``from agentops.testing import recording``; the pytest fixture is in ``agentops.testing.fixtures``, the conformance
cases in ``agentops.testing.conformance`` (both need pytest).
"""

from agentops.testing.recording import MemorySink, Recording, TickingClock, CountingIds, recording

__all__ = ["CountingIds", "MemorySink", "Recording", "TickingClock", "recording"]
