"""For tests: recording into memory, trees as plain data, and the conformance cases.

Ids are fixed and the clock ticks, so that whole trees can be compared.
``from agentops.testing import recording``; the pytest fixture is in ``agentops.testing.fixtures``, the conformance
cases in ``agentops.testing.conformance`` (both need pytest).
"""

from agentops.testing.recording import CountingIds, MemorySink, Recording, TickingClock, recording

__all__ = ["CountingIds", "MemorySink", "Recording", "TickingClock", "recording"]
