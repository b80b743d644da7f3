"""The built-in plugin ``threads``: work that is handed to a thread is recorded under the span that handed it over.

Captured when it is handed over: a pool's threads serve many sessions, and what was current when a thread began says
nothing about the work that it does now. Only our own context variable is carried, none of the program's.
"""

import functools
import threading
from collections.abc import Callable, Iterable
from typing import Any, Final

from agentops.hookspecs import Integration, hookimpl
from agentops.patches import Patches
from agentops.sdk.context import activate
from agentops.sdk.guard import attempt
from agentops.sdk.recorder import Recorder
from agentops.sdk.span import Span

__all__ = ["Carried", "agentops_integrations"]

OUR_THREADS: Final = "agentops-"


class Carried:
    """A function that runs under a span, in whatever thread."""

    __slots__ = ("function", "span")

    def __init__(self, function: Callable[..., Any], span: Span | None) -> None:
        self.function = function
        self.span = span

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call the function; what it returns and raises is its own."""
        with activate(self.span):
            return self.function(*args, **kwargs)


@hookimpl
def agentops_integrations() -> Iterable[Integration]:
    """Describe it: on whichever integrations are chosen, off by ``disable("threads")``."""
    return [
        Integration(name="threads", distribution="agentops", trigger="threading", install=_install, is_builtin=True)
    ]


def _install(recorder: Recorder) -> Callable[[], None]:
    from concurrent.futures import ThreadPoolExecutor, thread

    patches = Patches()
    # A pool's own thread: whatever it runs brings its span along.
    pool_worker = getattr(thread, "_worker", None)

    def make_start(start: Callable[[threading.Thread], None]) -> Callable[[threading.Thread], None]:
        @functools.wraps(start)
        def start_under_span(self: threading.Thread) -> None:
            is_of_pool = pool_worker is not None and getattr(self, "_target", None) is pool_worker
            if patches.is_active and not is_of_pool and not self.name.startswith(OUR_THREADS):
                span = recorder.current()
                if span is not None:
                    attempt(_carry, lambda _: None, self, span)
            start(self)

        return start_under_span

    def make_submit(submit: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(submit)
        def submit_under_span(self: Any, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
            if patches.is_active:
                # Also where nothing is current: the pool's thread may have been started inside a session.
                fn = Carried(fn, recorder.current())
            return submit(self, fn, *args, **kwargs)

        return submit_under_span

    patches.replace(threading.Thread, "start", make_start)
    patches.replace(ThreadPoolExecutor, "submit", make_submit)
    return patches.undo


def _carry(thread: threading.Thread, span: Span) -> None:
    """Have a thread's ``run`` called under a span, also where a subclass overrides it."""
    if "run" in vars(thread):
        return  # somebody else has put theirs there
    run = thread.run

    def run_under_span() -> None:
        vars(thread).pop("run", None)
        with activate(span):
            run()

    vars(thread)["run"] = run_under_span
