"""The built-in plugin ``processes``: children of ``multiprocessing`` record into the session that started them.

A forked child inherits the session anyway; one that is spawned gets it with the process object that is sent to it. A
job of a process pool gets it with the job, since a pool's processes serve many sessions.
"""

import functools
import sys
from collections.abc import Callable, Iterable
from typing import Any

from agentops.hookspecs import Integration, hookimpl
from agentops.patches import Patches
from agentops.propagation import continue_parent, current_parent
from agentops.sdk.guard import attempt
from agentops.sdk.import_hook import ImportHook
from agentops.sdk.joined import PROCESS_ATTRIBUTE
from agentops.sdk.recorder import Recorder

__all__ = ["Job", "agentops_integrations"]


class Job:
    """A function that runs under a span of another process. Can be pickled where the function can."""

    __slots__ = ("function", "parent")

    def __init__(self, function: Callable[..., Any], parent: str) -> None:
        self.function = function
        self.parent = parent

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call the function; what it returns and raises is its own."""
        with continue_parent(self.parent):
            return self.function(*args, **kwargs)


@hookimpl
def agentops_integrations() -> Iterable[Integration]:
    """Describe it: on whichever integrations are chosen, off by ``disable("processes")``."""
    name, trigger = "processes", "multiprocessing.process"
    return [Integration(name=name, distribution="agentops", trigger=trigger, install=_install, is_builtin=True)]


def _install(recorder: Recorder) -> Callable[[], None]:
    from multiprocessing.process import BaseProcess

    patches = Patches()

    def make(start: Callable[..., None]) -> Callable[..., None]:
        @functools.wraps(start)
        def start_under_span(self: Any) -> None:
            parent = attempt(current_parent, lambda _: None) if patches.is_active else None
            if parent is not None:
                setattr(self, PROCESS_ATTRIBUTE, str(parent))
            start(self)

        return start_under_span

    patches.replace(BaseProcess, "start", make)
    pools = "concurrent.futures.process"
    hook = ImportHook()
    call_off: Callable[[], None] = lambda: None  # noqa: E731
    if pools in sys.modules:
        _install_pools(patches)
    else:
        call_off = hook.when_imported(pools, lambda: _install_pools(patches))

    def undo() -> None:
        call_off()
        patches.undo()

    return undo


def _install_pools(patches: Patches) -> None:
    pool = sys.modules["concurrent.futures.process"].ProcessPoolExecutor

    def make(submit: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(submit)
        def submit_under_span(self: Any, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
            parent = attempt(current_parent, lambda _: None) if patches.is_active else None
            return submit(self, fn if parent is None else Job(fn, str(parent)), *args, **kwargs)

        return submit_under_span

    patches.replace(pool, "submit", make)
