"""Makes runtimes: which parts a program's settings ask for, and how they hang together.

Apart from ``agentops.sdk.process``, which holds what is made, so that importing agentops loads none of the parts.
"""

from collections.abc import Iterator, Sequence
from dataclasses import fields
from typing import Final

from agentops.sdk import process
from agentops.sdk.config import Config
from agentops.sdk.encode import SpanEncoder
from agentops.sdk.fan_out import FanOut
from agentops.sdk.ids import SystemIds
from agentops.sdk.joined import started_under
from agentops.sdk.registry import renew_registry_locks
from agentops.sdk.resource import SCOPE, resource_attributes
from agentops.sdk.runtime import DiscardSink, Runtime
from agentops.sdk.segment_writer import SegmentWriter, writable_home
from agentops.sdk.session import Sink
from agentops.sdk.spool import Spool
from agentops.wire import encode_resource
from agentops.wire.segment import LOCAL

__all__ = ["derive", "destination", "make_runtime", "renew_after_fork", "write_at_once"]

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


def derive(config: Config, exporters: Sequence[Sink] = ()) -> Runtime | None:
    """Make a runtime that records to where the present one does; None where it is to record somewhere else."""
    old = process.current()
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
    process_id = SystemIds().process_id()
    if config.disabled:
        return Runtime(config, DiscardSink(says_so=False), process_id)
    encoder = SpanEncoder(process.span_filters, redacts=config.redact, content_mode=config.capture_content)
    spool = Spool(
        _segments(config, process_id),
        encoder,
        resource=_Resource(config, process_id),
        scope=SCOPE,
        limit_spans=config.max_queue_size,
        sends_each_once=config.exporter_endpoint is not None,
    )
    runtime = Runtime(config, FanOut(spool, exporters) if exporters else spool, process_id)
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

        runtime.delivery = make_delivery(runtime.config, spool)
        spool.on_written = runtime.delivery.notify


def destination(config: Config) -> str:
    """Name the spool directory for some settings: ``local``, or a digest of where the records go and as whom."""
    url = config.exporter_endpoint or config.endpoint
    if url is None:
        return LOCAL
    import hashlib

    headers = sorted(f"{name.lower()}={value}" for name, value in config.exporter_headers)
    text = "\n".join((config.endpoint or "", config.exporter_endpoint or "", config.api_key or "", *headers))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


class _Resource:
    """The encoded resource, made anew when a framework is enabled."""

    def __init__(self, config: Config, process_id: str) -> None:
        self._config = config
        self._process_id = process_id
        self._frameworks: tuple[str, ...] | None = None
        self._encoded = ""

    def __call__(self) -> str:
        enabled = tuple(sorted(f"{name}/{version}" for name, version in dict(process.frameworks).items()))
        if enabled != self._frameworks:
            self._frameworks = enabled
            self._encoded = encode_resource(resource_attributes(self._config, self._process_id, enabled))
        return self._encoded


def _segments(config: Config, process_id: str) -> SegmentWriter:
    home = writable_home(config.home)
    return SegmentWriter(home / "spool" / destination(config), process_id, config.disk_budget_bytes)


def write_at_once(runtimes: Sequence[Runtime]) -> None:
    """Let whoever records write by itself from here on: the process ends, and nobody waits for the writing thread."""
    for item in runtimes:
        spool = _spool(item)
        if spool is not None:
            spool.writes_at_once = True


def renew_after_fork(runtimes: Sequence[Runtime]) -> None:
    """In a forked child: give each runtime locks, a process id, segments and a delivery of its own."""
    renew_registry_locks()
    process_id = SystemIds().process_id()
    renewed: list[Spool] = []
    for item in runtimes:
        item.after_fork(process_id)
        spool = _spool(item)
        if spool is not None and spool not in renewed:
            renewed.append(spool)
            spool.after_fork(_segments(item.config, process_id), _Resource(item.config, process_id))
            _connect_delivery(item, spool)
            if isinstance(item.sink, FanOut):
                item.sink.after_fork()


def _spool(runtime: Runtime) -> Spool | None:
    sink = runtime.sink.spool if isinstance(runtime.sink, FanOut) else runtime.sink
    return sink if isinstance(sink, Spool) else None
