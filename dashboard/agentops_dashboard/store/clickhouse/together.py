"""Statements that do not depend on each other go to the server at once: most of what one takes is its own latency."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from typing import Any

__all__ = ["Together"]


class Together:
    """Runs a few statements at once, over a client whose statements need no order."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(2, thread_name_prefix="agentops-clickhouse")

    def run(self, *steps: Callable[[], Any]) -> list[Any]:
        """Run the steps, the last one in this thread; returns what they returned.

        All have ended when this returns or raises, so none goes on behind the back of who holds the store.

        Raises:
            Exception: What the first of those that failed raised.
        """
        running = [self._pool.submit(step) for step in steps[:-1]]
        try:
            last = steps[-1]()
        finally:
            wait(running)
        return [*(step.result() for step in running), last]

    def close(self) -> None:
        """End the threads."""
        self._pool.shutdown()
