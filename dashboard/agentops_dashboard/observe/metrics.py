"""Figures in Prometheus' text format, in a registry of their own."""

import time
from collections.abc import Callable, Iterator
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Info, ProcessCollector
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.registry import Collector

from agentops.version import __version__
from agentops_dashboard.ingest.batch import Batch
from agentops_dashboard.ingest.receiver import Receiver
from agentops_dashboard.reader.health import read_health
from agentops_dashboard.reader.projects import Readers
from agentops_dashboard.store import Store

__all__ = ["Metrics"]

_SECONDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
_LAG_SECONDS: Final = (0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 3600)


class Metrics:
    """Counts what comes in and how long answers take; sizes are looked up when somebody asks.

    Labels are projects, route templates, methods and statuses: no id and no value of a user's is ever one.
    """

    content_type: str = CONTENT_TYPE_LATEST

    def __init__(self) -> None:
        registry = self._registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        Info("agentops", "The version that runs.", registry=registry).info({"version": __version__})
        by = ("project",)
        self._spans = Counter("agentops_ingest_spans", "Spans that were stored.", by, registry=registry)
        self._bytes = Counter(
            "agentops_ingest_bytes", "Bytes of bodies that were stored, as they came.", by, registry=registry
        )
        self._rejected = Counter(
            "agentops_ingest_rejected_spans", "Spans that could not be taken.", by, registry=registry
        )
        self._lag = Histogram(
            "agentops_ingest_lag_seconds",
            "From the end of a request's newest span to its being stored, by the sender's clock.",
            by,
            buckets=_LAG_SECONDS,
            registry=registry,
        )
        self._requests = Histogram(
            "agentops_http_request_seconds",
            "Time to the end of the answer.",
            ("method", "route", "status"),
            buckets=_SECONDS,
            registry=registry,
        )

    def watch_receiver(self, receiver: Receiver) -> None:
        """Count what a receiver takes, and show what waits in it."""
        receiver.on_taken = self.note_batch
        requests = Gauge("agentops_ingest_waiting_requests", "Requests being stored.", registry=self._registry)
        requests.set_function(lambda: receiver.waiting)
        size = Gauge(
            "agentops_ingest_waiting_bytes", "Bytes of bodies that arrive or are being stored.", registry=self._registry
        )
        size.set_function(lambda: receiver.waiting_bytes)

    def watch_store(self, store: Store, readers: Readers, projects: Callable[[], list[str]]) -> None:
        """Show how much a store holds."""
        self._registry.register(_StoreFigures(store, readers, projects))

    def note_batch(self, project: str, batch: Batch, size: int) -> None:
        """Count a batch that was stored."""
        self._spans.labels(project).inc(len(batch.spans))
        self._bytes.labels(project).inc(size)
        self._rejected.labels(project).inc(sum(batch.rejected.values()))
        newest = max((span.end_ns for span in batch.spans), default=0)
        if newest:
            self._lag.labels(project).observe(max(time.time_ns() - newest, 0) / 1e9)

    def note_request(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count a request that was answered."""
        self._requests.labels(method, route, str(status)).observe(seconds)

    def text(self) -> bytes:
        """All figures, as ``/metrics`` shows them."""
        return generate_latest(self._registry)


class _StoreFigures(Collector):
    """Sizes, read when they are asked for."""

    def __init__(self, store: Store, readers: Readers, projects: Callable[[], list[str]]) -> None:
        self._store = store
        self._readers = readers
        self._projects = projects

    def describe(self) -> list[GaugeMetricFamily]:
        """Nothing in advance: registering must not read the store."""
        return []

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Read the sizes."""
        sessions = GaugeMetricFamily("agentops_store_sessions", "Sessions that are kept.", labels=["project"])
        spans = GaugeMetricFamily("agentops_store_spans", "Spans that are kept.", labels=["project"])
        missing = GaugeMetricFamily(
            "agentops_store_missing_spans", "Spans that were recorded and never delivered.", labels=["project"]
        )
        waiting = 0
        for project in self._projects():
            health = read_health(self._readers.of(project), self._store)
            sessions.add_metric([project], health["sessions"])
            spans.add_metric([project], health["spans"])
            missing.add_metric([project], health["missing"])
            waiting = health["waiting_bytes"]
        yield from (sessions, spans, missing)
        yield GaugeMetricFamily("agentops_store_bytes", "What the store takes on disk.", self._store.disk_bytes())
        yield GaugeMetricFamily("agentops_spool_waiting_bytes", "Bytes of this machine's spool not read yet.", waiting)
