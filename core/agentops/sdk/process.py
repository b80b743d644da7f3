"""The one runtime of this process: made at ``init()`` or first use, replaced, forked, and ended with the process."""

import atexit
import builtins
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import fields
from typing import Final

from agentops.sdk.config import Config, config_from_environment
from agentops.sdk.context import CURRENT
from agentops.sdk.encode import SpanEncoder
from agentops.sdk.fan_out import FanOut
from agentops.sdk.filters import SpanFilter
from agentops.sdk.guard import guard
from agentops.sdk.ids import SystemIds
from agentops.sdk.joined import started_under
from agentops.sdk.registry import renew_registry_locks
from agentops.sdk.resource import SCOPE, resource_attributes
from agentops.sdk.runtime import DiscardSink, ParentResolver, Runtime
from agentops.sdk.segment_writer import SegmentWriter, writable_home
from agentops.sdk.session import Session, Sink, renew_session_lock
from agentops.sdk.span import Span
from agentops.sdk.spool import Spool
from agentops.wire import encode_resource
from agentops.wire.segment import LOCAL

__all__ = [
    "current",
    "derive",
    "destination",
    "frameworks",
    "make_current",
    "replace",
    "resolvers",
    "rest",
    "runtime",
    "runtimes",
    "shutdown",
    "swap",
]

EXIT_S = 1.8
"""Seconds that the end of the program may wait for delivery; with all the rest, two."""
WRITE_S = 10.0
"""Seconds that it may wait for the disk: what is not on it then is lost, so more than for delivery."""

_PATIENCE_S: Final = 0.5

resolvers: list[ParentResolver] = []
"""Shared by all runtimes: integrations stay installed when the settings change."""
frameworks: dict[str, str] = {}
"""Enabled frameworks: distribution to version."""
span_filters: list[SpanFilter] = []
on_session_started: list[Callable[[Session], None]] = []
on_session_ended: list[Callable[[Session], None]] = []
on_first_use: list[Callable[[], None]] = []
"""What ``init()`` does; here, so that recording before ``init()`` can initialise without importing it in a circle."""

_SETTINGS_OF_SESSIONS: Final = frozenset(
    {
        "app_url",
        "auto_init",
        "auto_start_session",
        "default_tags",
        "fail_safe",
        "instrument_llm_calls",
        "integrations",
        "log_level",
        "log_session_replay_url",
        "logging_to_file",
        "skip_auto_end_session",
        "trace_name",
    }
)
"""Settings that change nothing about where records go and what is in them."""

_current: Runtime | None = None
_retired: list[Runtime] = []
_lock = threading.RLock()
_is_hooked = False


def current() -> Runtime | None:
    """Return the runtime, or None before the first use."""
    return _current


def runtime() -> Runtime:
    """Return the runtime; before ``init()`` it is made from the environment's settings."""
    if _current is not None:
        return _current
    with _lock:
        if _current is None:
            for initialise in on_first_use:
                initialise()
        if _current is None:
            replace(make_runtime(config_from_environment()))
        assert _current is not None  # set by replace
        return _current


def replace(new: Runtime | None) -> None:
    """Put a runtime in place. Sessions of the one before go on in it, except its automatic one, which ends."""
    with _lock:
        old = _current
        swap(new)
        if new is not None:
            _hook_into_process()
        if old is not None and old is not new:
            old.hand_over(new)
            _retired.append(old)
        _let_go_of_retired()


def _let_go_of_retired() -> None:
    """Close what no session records into any more, for programs that call ``init()`` for each request."""
    for item in [item for item in _retired if not item.sessions]:
        shared = any(other is not item and other.sink is item.sink for other in runtimes())
        if not shared:
            with guard("retire"):
                if not item.sink.flush(_PATIENCE_S):
                    continue  # the disk is slow, and nobody is to wait for it here
                item.sink.close(_PATIENCE_S)
                if item.delivery is not None and not item.delivery.retire():
                    continue
        _retired.remove(item)


def runtimes() -> list[Runtime]:
    """Return the runtime and those before it that still have something to do."""
    return [*_retired, *([_current] if _current is not None else [])]


def swap(new: Runtime | None) -> None:
    """Put a runtime in place and leave the one before as it is; for tests, which put it back afterwards."""
    global _current
    if new is not None:
        new.resolvers = resolvers
        new.on_session_started = on_session_started
        new.on_session_ended = on_session_ended
    _current = new


def derive(config: Config, exporters: Sequence[Sink] = ()) -> Runtime | None:
    """Make a runtime that records to where the present one does; None where it is to record somewhere else."""
    old = _current
    if old is None or any(getattr(config, name) != getattr(old.config, name) for name in _settings_of_sink()):
        return None
    if tuple(exporters) != (old.sink.exporters if isinstance(old.sink, FanOut) else ()):
        return None
    new = Runtime(config, old.sink, old.process)
    new.delivery = old.delivery
    return _joined(new)


def _settings_of_sink() -> Iterator[str]:
    return (item.name for item in fields(Config) if item.name not in _SETTINGS_OF_SESSIONS)


def make_runtime(config: Config, exporters: Sequence[Sink] = ()) -> Runtime:
    """Make the runtime for some settings, with a spool for their destination, and further places for its spans."""
    process = SystemIds().process_id()
    if config.disabled:
        return Runtime(config, DiscardSink(says_so=False), process)
    encoder = SpanEncoder(span_filters, redacts=config.redact, content_mode=config.capture_content)
    spool = Spool(
        _segments(config, process),
        encoder,
        resource=_Resource(config, process),
        scope=SCOPE,
        limit_spans=config.max_queue_size,
    )
    runtime = Runtime(config, FanOut(spool, exporters) if exporters else spool, process)
    _connect_delivery(runtime, spool)
    return _joined(runtime)


def _joined(runtime: Runtime) -> Runtime:
    """Let it record into the session of the process that started this one, if that told us of one."""
    around = started_under()
    if around is not None:
        runtime.join(runtime.joined.open(around).session)
    return runtime


def _connect_delivery(runtime: Runtime, spool: Spool) -> None:
    """Let what the spool writes be delivered, where the settings name an endpoint."""
    if destination(runtime.config) != LOCAL:
        from agentops.sdk.delivery import make_delivery

        runtime.delivery = make_delivery(runtime.config, spool.segments)
        spool.on_written = runtime.delivery.notify


def destination(config: Config) -> str:
    """Name the spool directory for some settings: ``local``, or a digest of where the records go and as whom."""
    url = config.exporter_endpoint or config.endpoint
    if url is None:
        return LOCAL
    import hashlib

    text = "\n".join((config.endpoint or "", config.exporter_endpoint or "", config.api_key or ""))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def make_current(span: Span) -> None:
    """Make a span current in the calling context."""
    CURRENT.set(span)


def shutdown() -> None:
    """End what is open, write what is queued and deliver what is written; the time that it takes is bounded."""
    error = None if _is_interactive() else getattr(sys, "last_exc", None) or getattr(sys, "last_value", None)
    for item in runtimes():
        with guard("exit"):
            item.finish(error)
    _close()
    for item in runtimes():
        spool = item.sink.spool if isinstance(item.sink, FanOut) else item.sink
        if isinstance(spool, Spool):
            spool.writes_at_once = True
    _retired.clear()


def rest() -> None:
    """Write and deliver what there is, and end our threads; the next thing that is recorded starts them again."""
    _close()


def _close() -> None:
    """Close all spools, then all deliveries. On an idle disk the first takes no time, and two seconds are all."""
    begun = time.monotonic()
    for item in runtimes():
        with guard("exit"):
            item.sink.close(max(0.0, begun + WRITE_S - time.monotonic()))
    deadline = max(begun + EXIT_S, time.monotonic() + EXIT_S / 4)
    for item in runtimes():
        with guard("exit"):
            if item.delivery is not None:
                item.delivery.close(max(0.0, deadline - time.monotonic()))


def _is_interactive() -> bool:
    """Whether the last exception is that of a cell or a line, and did not end the program."""
    return hasattr(sys, "ps1") or hasattr(builtins, "get_ipython")


class _Resource:
    """The encoded resource, made anew when a framework is enabled."""

    def __init__(self, config: Config, process: str) -> None:
        self._config = config
        self._process = process
        self._frameworks: tuple[str, ...] | None = None
        self._encoded = ""

    def __call__(self) -> str:
        enabled = tuple(sorted(f"{name}/{version}" for name, version in dict(frameworks).items()))
        if enabled != self._frameworks:
            self._frameworks = enabled
            self._encoded = encode_resource(resource_attributes(self._config, self._process, enabled))
        return self._encoded


def _segments(config: Config, process: str) -> SegmentWriter:
    home = writable_home(config.home)
    return SegmentWriter(home / "spool" / destination(config), process, config.disk_budget_bytes)


def _hook_into_process() -> None:
    global _is_hooked
    if not _is_hooked:
        _is_hooked = True
        atexit.register(shutdown)
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(before=_before_fork, after_in_child=_after_fork)
        _end_with_multiprocessing()


def _before_fork() -> None:
    with guard("fork"):
        if _current is not None:
            _current.before_fork()


def _end_with_multiprocessing() -> None:
    """In a child of ``multiprocessing``, which may end by ``os._exit`` and so without ``atexit``: end as it ends."""
    util, processes = sys.modules.get("multiprocessing.util"), sys.modules.get("multiprocessing.process")
    if util is not None and processes is not None and processes.parent_process() is not None:
        util.Finalize(None, shutdown, exitpriority=-100)


def _after_fork() -> None:
    global _lock
    _lock = threading.RLock()
    with guard("fork"):
        renew_session_lock()
        renew_registry_locks()
        util = sys.modules.get("multiprocessing.util")
        if util is not None:
            # It forgets its finalizers after a fork, and then calls this.
            util.register_after_fork(shutdown, lambda _: _end_with_multiprocessing())
        process = SystemIds().process_id()
        renewed: list[Sink] = []
        for item in runtimes():
            item.after_fork(process)
            if item.sink in renewed:
                continue
            renewed.append(item.sink)
            spool = item.sink.spool if isinstance(item.sink, FanOut) else item.sink
            if isinstance(spool, Spool):
                spool.after_fork(_segments(item.config, process), _Resource(item.config, process))
                _connect_delivery(item, spool)
