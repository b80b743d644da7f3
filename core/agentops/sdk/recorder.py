"""What an integration records with: spans keyed by the framework's own ids.

Each integration gets a recorder of its own, so the ids of different frameworks never meet. All methods may be called
from any thread; none raises and none blocks.
"""

from collections.abc import Callable, Hashable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Any

from agentops.sdk import process
from agentops.sdk.context import activate, current_span, live
from agentops.sdk.guard import guarded
from agentops.sdk.model_call import RUNNING, ModelCall, open_model_span
from agentops.sdk.registry import Registry
from agentops.sdk.session import Session
from agentops.sdk.span import ErrorInfo, Span
from agentops.semconv import SPAN_KINDS, SpanKind, SpanStatus

__all__ = ["Recorder"]

Error = BaseException | str | ErrorInfo


class Recorder:
    """Records the runs of one framework onto the session tree.

    Args:
        origin: Name of the integration; every span carries it.
    """

    def __init__(self, origin: str) -> None:
        self.origin = origin
        self.registry = Registry()

    @guarded
    def start(
        self,
        kind: str,
        name: str,
        *,
        key: Hashable | None = None,
        parent_key: Hashable | None = None,
        parent: Span | None = None,
        start_ns: int | None = None,
        input: object = None,  # noqa: A002 - the word that every framework and the page use
        attributes: Mapping[str, Any] | None = None,
        make_current: bool = False,
    ) -> Span | None:
        """Open a span and return it.

        The parent is ``parent``; else the run ``parent_key``, through aliases; else whatever is current in the
        calling context, in our own tree or in that of another framework.

        Args:
            kind: One of ``agentops.semconv.SPAN_KINDS``; another word becomes ``operation``.
            name: What is run: the agent's, tool's or model's name.
            key: The framework's id for this run, under which ``end`` and children will name it.
            parent_key: The framework's id for the run around it.
            parent: The span around it, where the caller holds it.
            start_ns: Nanoseconds since the epoch, where the framework says when it started.
            input: What goes in; kept as far as the content mode allows.
            attributes: More attributes, by names of ``agentops.semconv``.
            make_current: Also make it current in the calling context, for frameworks whose handlers run in the
                context of the work. Nothing has to be given back.
        """
        around = parent or self.registry.get(parent_key)
        if around is not None:
            span = self._open_under(around, kind, name, start_ns)
        else:
            span = process.runtime().open_span(_known(kind), name, start_ns)
        span.origin = self.origin
        if attributes:
            span.set(attributes)
        if input is not None:
            span.set_input(input)
        if key is not None:
            self.registry.add(key, span)
        if make_current:
            process.make_current(span)
        return span

    @guarded
    def start_in_order(self, parent_key: Hashable, start: Callable[[], None]) -> None:
        """Call ``start`` at once if the run ``parent_key`` is known, else as soon as it is.

        For frameworks whose events arrive out of order. What waits in vain is let go by ``release_waiting``.
        """
        if self.registry.knows(parent_key):
            start()
            return
        for event in self.registry.await_parent(parent_key, start):
            event()

    @guarded
    def release_waiting(self) -> None:
        """Record what still waits for a parent, under whatever is current here."""
        self.registry.release_all()

    @guarded
    def end(
        self,
        run: Hashable | Span,
        *,
        output: object = None,
        error: Error | None = None,
        status: str | None = None,
        end_ns: int | None = None,
        attributes: Mapping[str, Any] | None = None,
    ) -> None:
        """End a span, given itself or its key. Ending an alias, or a run twice, changes nothing.

        An end that comes before its start is kept until the start comes.
        """
        span = run if isinstance(run, Span) else self.registry.remove(run)
        if span is None:
            finish = partial(_finish, output=output, error=error, status=status, attributes=attributes)
            span = self._late_or_early(run, finish, end_ns)
        if span is not None:
            _finish(span, output=output, error=error, status=status, end_ns=end_ns, attributes=attributes)

    @guarded
    def alias(self, key: Hashable, parent_key: Hashable | None) -> None:
        """Collapse a run of the framework: it gets no span, and its children attach to ``parent_key``'s."""
        self.registry.add_alias(key, parent_key)

    def get(self, key: Hashable | None) -> Span | None:
        """Return the span of a run, through aliases, open or lately ended; None if there is none."""
        return self.registry.get(key)

    @guarded
    def update(
        self,
        run: Hashable | Span,
        attributes: Mapping[str, Any] | None = None,
        *,
        kind: str | None = None,
        name: str | None = None,
    ) -> None:
        """Add attributes to a span, given itself or its key; or give it another kind or name than it began with."""
        span = run if isinstance(run, Span) else self.registry.get(run)
        if span is None:
            return
        if kind is not None or name is not None:
            span.kind = _known(kind) if kind is not None else span.kind
            span.name = name if name is not None else span.name
            span.session.republish(span)
        if attributes:
            span.set(attributes)

    @guarded
    def take_over(self, key: Hashable, from_key: Hashable, parent_key: Hashable | None) -> Span | None:
        """Let the span of an open run go on as that of the run ``key``, which is all that the first consists of.

        The run ``from_key`` is collapsed from then on: what still starts in it attaches to ``parent_key``'s span.
        """
        span = self.registry.move(from_key, key)
        if span is not None:
            self.registry.add_alias(from_key, parent_key)
        return span

    @guarded
    def event(
        self,
        name: str,
        *,
        kind: str = SpanKind.EVENT,
        parent_key: Hashable | None = None,
        parent: Span | None = None,
        time_ns: int | None = None,
        attributes: Mapping[str, Any] | None = None,
    ) -> Span | None:
        """Record something without a duration as a node of the tree."""
        span = self.start(kind, name, parent_key=parent_key, parent=parent, start_ns=time_ns, attributes=attributes)
        if span is not None:
            span.end(end_ns=span.start_ns)
        return span

    @contextmanager
    def span(
        self, kind: str, name: str, *, parent: Span | None = None, attributes: Mapping[str, Any] | None = None
    ) -> Iterator[Span | None]:
        """Record the ``with`` block as a span that is current inside it. For wrapped calls, not for generators."""
        span = self.start(kind, name, parent=parent, attributes=attributes)
        try:
            with activate(span):
                yield span
        except BaseException as error:
            if span is not None:
                self.end(span, error=error)
            raise
        if span is not None:
            self.end(span)

    @guarded
    def model_call(
        self,
        name: str,
        *,
        kind: str = SpanKind.LLM,
        model: str | None = None,
        input: object = None,  # noqa: A002 - as in start
        attributes: Mapping[str, Any] | None = None,
    ) -> ModelCall | None:
        """Begin to record a call that a provider's library makes, on the span that stands for it if there is one.

        None where this integration records the call already: a library's functions may call one another.

        Args:
            name: The model's name.
            kind: ``llm`` or ``embedding``.
            model: The model as requested, where the name is another; empty if it is not known yet.
            input: What the model is asked: messages, or the texts to embed.
            attributes: More of what is known at the start.
        """
        running = RUNNING.get()
        around = self.current()
        shared: Span | None = None
        if running is not None and not running.has_ended:
            if running.origin == self.origin:
                return None
            shared = running.span if running.span.kind == kind else None
        if shared is None and kind == SpanKind.LLM:
            session = self.current_session() if around is None else None
            beside = around if session is None else session.root
            shared = open_model_span(beside, self.origin, (name if model is None else model) or None, input)
        if shared is not None:
            shared.set({key: value for key, value in (attributes or {}).items() if key not in shared.attributes})
            return ModelCall(self, shared, is_shared=True)
        span = self.start(kind, name, parent=around, input=input, attributes=attributes)
        return ModelCall(self, span, is_shared=False) if span is not None else None

    @guarded
    def current(self) -> Span | None:
        """Return the innermost open span of the calling context, in any framework's tree."""
        return process.runtime().find_parent()

    def current_own(self) -> Span | None:
        """Return the innermost open span of our own context variable, without asking other frameworks."""
        return current_span()

    @guarded
    def current_session(self) -> Session | None:
        """Return the session that an event recorded here would belong to."""
        return process.runtime().current_session()

    @guarded
    def add_parent_resolver(self, resolver: Callable[[], Hashable | Span | None]) -> Callable[[], None]:
        """Add a function that says which of the framework's runs is current here, as a key or a span.

        Called for each span that is opened without a parent of its own, so it must be quick and may not open spans.
        Returns a function that takes it away again.
        """

        def resolve() -> Span | None:
            found = resolver()
            return found if isinstance(found, Span) else live(self.registry.get(found))

        process.resolvers.append(resolve)
        return lambda: process.resolvers.remove(resolve)

    def _open_under(self, around: Span, kind: str, name: str, start_ns: int | None) -> Span:
        return around.session.open(_known(kind), name, around, start_ns)

    def _late_or_early(self, run: Hashable, finish: Callable[..., None], end_ns: int | None) -> Span | None:
        """Return the span of a run that has ended before; of one that has not begun, keep the end."""
        registry = self.registry
        with registry.lock:
            span = registry.remove(run) or registry.get_ended(run)
            if span is None and not registry.is_alias(run):
                process.runtime().counts["ended before started"] += 1
                in_time = partial(finish, end_ns=end_ns or current_time_ns())
                registry.await_start(run, partial(self._end_early, run, in_time))
            return span

    def _end_early(self, key: Hashable, finish: Callable[[Span], None], span: Span) -> None:
        self.registry.remove(key)
        finish(span)


def current_time_ns() -> int:
    """Return the time in nanoseconds since the epoch, by the runtime's clock."""
    return process.runtime().clock.anchored()()


def _known(kind: str) -> str:
    return kind if kind in SPAN_KINDS else SpanKind.OPERATION


def _finish(
    span: Span,
    *,
    output: object,
    error: Error | None,
    status: str | None,
    end_ns: int | None,
    attributes: Mapping[str, Any] | None,
) -> None:
    if span.end_ns and span.status != SpanStatus.UNFINISHED:
        process.runtime().counts["ended twice"] += 1
        return
    if attributes:
        span.set(attributes)
    if output is not None:
        span.set_output(output)
    span.end(error=error, status=status, end_ns=end_ns)
