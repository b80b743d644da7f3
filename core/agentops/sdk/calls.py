"""One recorded call: what a decorator opens before it, makes current during it, and closes after it."""

import inspect
from collections.abc import Callable, Mapping
from typing import Any, Final

from agentops.sdk import process
from agentops.sdk.context import CURRENT
from agentops.sdk.guard import guard
from agentops.sdk.session import Session, is_clean_exit
from agentops.sdk.span import Span
from agentops.semconv import Span as Attr
from agentops.semconv import State

__all__ = ["CallScope", "NotRecorded", "OpenCall", "SessionScope", "SpanScope", "describe_arguments"]

Describe = Callable[[tuple[Any, ...], dict[str, Any]], dict[str, Any]]
_LIMIT_ITEMS: Final = 1000
_SELF_NAMES: Final = ("self", "cls")
_OPENING: Final = "decorator.open"
_CLOSING: Final = "decorator.close"


def describe_arguments(function: Any) -> Describe:
    """Return a function that names a call's arguments as the parameters do, without the object a method is called on.

    Defaults are left out, and nothing is checked: a call that does not fit will fail by itself.
    """
    try:
        parameters = list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):
        parameters = []
    names = [item.name for item in parameters if item.kind in (item.POSITIONAL_ONLY, item.POSITIONAL_OR_KEYWORD)]
    skipped = 1 if names and names[0] in _SELF_NAMES else 0
    fixed = names[skipped:]
    variadic = next((item.name for item in parameters if item.kind is item.VAR_POSITIONAL), "args")

    count = len(fixed)

    def describe(args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
        values = args[skipped:] if skipped else args
        named = dict(zip(fixed, values))  # noqa: B905 - defaults are left out
        if len(values) > count:
            named[variadic] = values[count:]
        if kwargs:
            named.update(kwargs)
        return named

    return describe


class OpenCall:
    """A call in progress."""

    __slots__ = ("captures_output", "items", "span")

    def __init__(self, span: Span, *, captures_output: bool) -> None:
        self.span = span
        self.captures_output = captures_output and span.session.captures_content
        self.items: list[Any] | None = None

    def enter(self) -> Span | None:
        """Make the span current; returns what was current before."""
        before = CURRENT.get()
        CURRENT.set(self.span)
        return before

    def leave(self, before: Span | None) -> None:
        """Make current again what was before."""
        CURRENT.set(before)

    def note_item(self, item: Any) -> None:
        """Keep an item that a generator gave, as part of its output."""
        if self.captures_output:
            if self.items is None:
                self.items = []
            if len(self.items) < _LIMIT_ITEMS:
                self.items.append(item)

    def finish(self, result: Any) -> None:
        """End the span with its result."""
        try:
            if self.captures_output and result is not None:
                self.span.set_output(result)
            self._end(None)
        except Exception as error:  # as ``guard`` does, without its two calls: this is the hottest path of all
            if not guard.state.caught(_CLOSING, error):
                raise

    def finish_items(self, result: Any, *, closed_early: bool = False) -> None:
        """End a generator's span: its output is what it gave, and its return value if there is one."""
        with _closing:
            if closed_early:
                self.span.attributes[Attr.CLOSED_EARLY] = True
            output = self.items if result is None else {"items": self.items or [], "return": result}
            self.finish(output)

    def fail(self, error: BaseException) -> None:
        """End the span with the exception that leaves the call."""
        with _closing:
            if self.items and self.captures_output:
                self.span.set_output(self.items)
            self._end(None if is_clean_exit(error) else error)

    def _end(self, error: BaseException | None) -> None:
        self.span.session.close(self.span, error=error)


class OpenSession(OpenCall):
    """A call in progress that is a session."""

    __slots__ = ()

    def _end(self, error: BaseException | None) -> None:
        self.span.session.end(State.SUCCESS, error=error)


class NotRecorded(OpenCall):
    """A call of which nothing is recorded."""

    __slots__ = ()

    def __init__(self) -> None:
        """Holds nothing."""

    def enter(self) -> Span | None:
        """Leave current what is current."""
        return CURRENT.get()

    def note_item(self, item: Any) -> None:
        """Keep nothing."""

    def finish_items(self, result: Any, *, closed_early: bool = False) -> None:
        """Nothing to end."""

    def fail(self, error: BaseException) -> None:
        """Nothing to end."""


_opening = guard(_OPENING)
_closing = guard(_CLOSING)


class CallScope:
    """How the calls of one decorated function are recorded."""

    def __init__(  # one argument per option of a decorator
        self,
        *,
        name: str,
        kind: str,
        attributes: Mapping[str, Any],
        tags: list[str],
        captures_input: bool,
        captures_output: bool,
        describe: Describe,
    ) -> None:
        self.name = name
        self.kind = kind
        self.attributes = attributes
        self.tags = tags
        self.captures_input = captures_input
        self.captures_output = captures_output
        self.describe = describe

    def open(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> OpenCall | None:
        """Open the span of a call; None when it is not recorded."""
        raise NotImplementedError

    def _prepare(self, span: Span, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        if self.attributes:
            span.set(self.attributes)
        if self.captures_input and (args or kwargs) and span.session.captures_content:
            arguments = self.describe(args, kwargs)
            if arguments:
                span.set_arguments(arguments)


class SpanScope(CallScope):
    """Each call is a span."""

    def open(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> OpenCall | None:
        """Open a span under what is current here."""
        try:
            runtime = process.runtime()
            if runtime.config.disabled:
                return None
            span = runtime.open_span(self.kind, self.name)
            self._prepare(span, args, kwargs)
            if self.tags:
                span.session.add_tags(self.tags)
            return OpenCall(span, captures_output=self.captures_output)
        except Exception as error:  # as in ``finish``
            if not guard.state.caught(_OPENING, error):
                raise
            return None


class SessionScope(CallScope):
    """Each call is a session."""

    def open(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> OpenCall | None:
        """Start a session."""
        with _opening:
            runtime = process.runtime()
            if runtime.config.disabled:
                return None
            session: Session = runtime.start_session(self.name, self.tags)
            self._prepare(session.root, args, kwargs)
            return OpenSession(session.root, captures_output=self.captures_output)
        return None
