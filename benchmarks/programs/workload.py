"""The work that every program of this directory records: ``<program>.py <url> <spans> <bytes> [paced] [flush] [kill]``.

``flush``: do not end before everything is delivered, where the package can wait for that beyond its own end.
``paced``: two thousand calls a second, each of which is timed. ``kill``: die by ``kill -9`` 200 ms after the last call.
"""

import json
import os
import signal
import sys
import time
from collections.abc import Callable

__all__ = ["finish", "measure", "url"]

url, count, size = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
PAUSE_S = 0.0005
WORDS = (
    "The customer asks whether order 4711 has shipped; the warehouse reports 'packed' since 09:14, and the page of the "
    "carrier says nothing yet. I will check the tracking number, then answer in two sentences, and offer a refund of "
    "12.50 EUR.\n"
)


def measure(work: Callable[[str], str]) -> None:
    """Call the recorded function as often as asked, and print what it took: seconds of CPU in this thread."""
    texts = _texts()
    calls_s = _paced(work, texts) if "paced" in sys.argv else []
    begun = time.thread_time()
    if not calls_s:
        for number in range(count):
            work(texts[number % 100])
    used = time.thread_time() - begun
    said: dict[str, float] = {"thread_s": used, "ended_at": time.time()}
    if calls_s:
        calls_s.sort()
        said |= {"p999_s": calls_s[len(calls_s) * 999 // 1000], "longest_s": calls_s[-1]}
    print(json.dumps(said), flush=True)


def finish(flush: Callable[[], object] | None = None) -> None:
    """Call it when the work is recorded as a whole; ``flush`` waits until it is delivered."""
    if "flush" in sys.argv and flush is not None:
        flush()
    if "kill" in sys.argv:
        time.sleep(0.2)
        os.kill(os.getpid(), signal.SIGKILL)


def _paced(work: Callable[[str], str], texts: list[str]) -> list[float]:
    """Return how long each call took its caller, by the clock."""
    taken = []
    for number in range(count):
        begun = time.perf_counter()
        work(texts[number % 100])
        taken.append(time.perf_counter() - begun)
        time.sleep(PAUSE_S)
    return taken


def _texts() -> list[str]:
    """Return up to 100 different texts such as models write; a run of one letter would be a special case."""
    text = WORDS * (size // len(WORDS) + 1)
    return [f"{number:08}{text}"[:size] for number in range(min(count, 100) or 1)]
