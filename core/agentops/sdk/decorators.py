"""The decorators: ``session agent task operation workflow chain tool guardrail`` and ``trace``, for any callable.

Each works bare and called, on functions, coroutines, generators, async generators, methods and classes, and keeps the
signature. A generator's span is current only while the generator itself runs, so nothing leaks into its consumer.
"""

import functools
import inspect
from collections.abc import AsyncGenerator, Callable, Generator, Mapping
from typing import TYPE_CHECKING, Any, Final, ParamSpec, Protocol, TypeVar, cast, overload

from agentops.errors import ConfigurationError
from agentops.sdk import process
from agentops.sdk.calls import CallScope, NotRecorded, SessionScope, SpanScope, describe_arguments
from agentops.sdk.session import Session
from agentops.sdk.tags import normalize_tags
from agentops.semconv import Span as Attr
from agentops.semconv import SpanKind

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from agentops.sdk.arguments import SpanOptions

__all__ = [
    "agent",
    "apply_scope",
    "chain",
    "guardrail",
    "operation",
    "scope_maker",
    "session",
    "task",
    "tool",
    "trace",
    "workflow",
]

P = ParamSpec("P")
R = TypeVar("R")
F = TypeVar("F", bound=Callable[..., Any])


class Decorator(Protocol):
    """The type of each decorator: usable bare and called, the decorated thing keeps its type."""

    @overload
    def __call__(self, wrapped: F, /) -> F: ...
    @overload
    def __call__(self, wrapped: None = None, /, **options: "Unpack[SpanOptions]") -> Callable[[F], F]: ...


class SessionDecorator(Protocol):
    """The type of ``session`` and ``trace``, whose called form is a context manager too."""

    @overload
    def __call__(self, wrapped: F, /) -> F: ...
    @overload
    def __call__(self, wrapped: str | None = None, /, **options: "Unpack[SpanOptions]") -> "SessionBlock": ...


def _decorator(kind: str, doc: str) -> Any:
    """Make the decorator for one kind of span."""

    def decorate(wrapped: Any = None, /, **options: "Unpack[SpanOptions]") -> Any:
        name = options.pop("name", None)
        if isinstance(wrapped, str) and kind == SpanKind.SESSION:
            wrapped, name = None, name or wrapped
        if wrapped is not None and not callable(wrapped) and not isinstance(wrapped, (classmethod, staticmethod)):
            raise ConfigurationError(f"@{kind} decorates functions and classes, not {wrapped!r}; use @{kind}(name=…).")
        scope = scope_maker(SessionScope if kind == SpanKind.SESSION else SpanScope, kind, options)
        if wrapped is not None:
            return apply_scope(wrapped, name, scope)
        if kind == SpanKind.SESSION:
            tags = normalize_tags(options.get("tags"))
            return SessionBlock(lambda target: apply_scope(target, name, scope), name or kind, tags)
        return lambda target: apply_scope(target, name, scope)

    decorate.__name__ = decorate.__qualname__ = kind
    decorate.__doc__ = doc
    return decorate


class SessionBlock:
    """What ``session(…)`` and ``trace(…)`` return: a decorator, and for the documentation's sake a context manager.

    ``with agentops.trace("checkout", tags=["x"]) as session:`` is the same as with ``start_session``.
    """

    def __init__(self, apply: Callable[[Any], Any], name: str, tags: list[str]) -> None:
        self._apply = apply
        self._name = name
        self._tags = tags
        self._open: list[Session] = []

    def __call__(self, target: F) -> F:
        """Decorate."""
        return cast("F", self._apply(target))

    def __enter__(self) -> Session:
        self._open.append(process.runtime().start_session(self._name, self._tags))
        return self._open[-1].__enter__()

    def __exit__(self, *error: object) -> None:
        self._open.pop().__exit__(*error)  # type: ignore[arg-type]

    async def __aenter__(self) -> Session:
        return self.__enter__()

    async def __aexit__(self, *error: object) -> None:
        self.__exit__(*error)


ScopeMaker = Callable[..., CallScope]
_OPTIONS: Final = ("name", "version", "tags", "cost", "spec", "capture_request", "capture_response")


def scope_maker(scope: ScopeMaker, kind: str, options: "SpanOptions") -> ScopeMaker:
    """Return what makes the scope of a decorated function, given its ``name`` and ``describe``.

    Args:
        scope: The class of the scope.
        kind: Kind of the spans.
        options: Of the decorator: ``version`` and ``spec`` are kept with each span as they are; ``tags`` are added to
            the session; ``cost`` is in US dollars per call; ``capture_request`` and ``capture_response`` say whether
            arguments and result are recorded.

    Raises:
        ConfigurationError: An option is not one of these.
    """
    unknown = next((name for name in options if name not in _OPTIONS), None)
    if unknown is not None:
        raise ConfigurationError(f"a decorator has no option {unknown!r}; known are: {', '.join(_OPTIONS)}.")
    kept = {Attr.VERSION_LABEL: "version", Attr.COST_USD: "cost", Attr.SPEC: "spec"}
    given: Mapping[str, Any] = options
    return functools.partial(
        scope,
        kind=kind,
        attributes={key: given[name] for key, name in kept.items() if given.get(name) is not None},
        tags=normalize_tags(given.get("tags")),
        captures_input=given.get("capture_request", True),
        captures_output=given.get("capture_response", True),
    )


def apply_scope(target: Any, name: str | None, scope: ScopeMaker) -> Any:
    """Record the calls of anything that can be called, as the scope says."""
    if isinstance(target, (classmethod, staticmethod)):
        return type(target)(apply_scope(target.__func__, name, scope))
    if inspect.isclass(target):
        return _wrap_class(target, name or target.__name__, scope)
    made = scope(name=name or getattr(target, "__name__", type(target).__name__), describe=describe_arguments(target))
    function = inspect.unwrap(target) if not inspect.isclass(target) else target
    if inspect.isasyncgenfunction(function):
        return _wrap_async_generator(target, made)
    if inspect.isgeneratorfunction(function):
        return _wrap_generator(target, made)
    if inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(getattr(target, "__call__", None)):  # noqa: B004 - the method of a callable object is what is asked for
        return _wrap_coroutine(target, made)
    return _wrap_function(target, made)


def _wrap_function(function: Callable[P, R], scope: CallScope) -> Callable[P, R]:
    @functools.wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        opened = scope.open(args, kwargs)
        if opened is None:
            return function(*args, **kwargs)
        before = opened.enter()
        try:
            result = function(*args, **kwargs)
        except BaseException as error:
            opened.leave(before)
            opened.fail(error)
            raise
        opened.leave(before)
        opened.finish(result)
        return result

    return call


def _wrap_coroutine(function: Callable[P, Any], scope: CallScope) -> Callable[P, Any]:
    @functools.wraps(function)
    async def call(*args: P.args, **kwargs: P.kwargs) -> Any:
        opened = scope.open(args, kwargs)
        if opened is None:
            return await function(*args, **kwargs)
        before = opened.enter()
        try:
            result = await function(*args, **kwargs)
        except BaseException as error:
            opened.leave(before)
            opened.fail(error)
            raise
        opened.leave(before)
        opened.finish(result)
        return result

    return call


def _wrap_generator(function: Callable[P, Generator[Any, Any, Any]], scope: CallScope) -> Callable[P, Any]:
    @functools.wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> Generator[Any, Any, Any]:
        inner = function(*args, **kwargs)
        opened = scope.open(args, kwargs) or NotRecorded()
        step, value = inner.send, None
        try:
            while True:
                before = opened.enter()
                try:
                    item = step(value)
                finally:
                    opened.leave(before)
                opened.note_item(item)
                try:
                    step, value = inner.send, (yield item)
                except GeneratorExit:
                    inner.close()
                    raise
                except BaseException as error:  # noqa: BLE001 - thrown in by the consumer, handed on to the generator
                    step, value = inner.throw, error
        except StopIteration as stop:
            opened.finish_items(stop.value)
            return stop.value
        except GeneratorExit:
            opened.finish_items(None, closed_early=True)
            raise
        except BaseException as error:
            opened.fail(error)
            raise

    return call


def _wrap_async_generator(function: Callable[P, AsyncGenerator[Any, Any]], scope: CallScope) -> Callable[P, Any]:
    @functools.wraps(function)
    async def call(*args: P.args, **kwargs: P.kwargs) -> AsyncGenerator[Any, Any]:
        inner = function(*args, **kwargs)
        opened = scope.open(args, kwargs) or NotRecorded()
        step, value = inner.asend, None
        try:
            while True:
                before = opened.enter()
                try:
                    item = await step(value)
                finally:
                    opened.leave(before)
                opened.note_item(item)
                try:
                    step, value = inner.asend, (yield item)
                except GeneratorExit:
                    await inner.aclose()
                    raise
                except BaseException as error:  # noqa: BLE001 - thrown in by the consumer, handed on to the generator
                    step, value = inner.athrow, error
        except StopAsyncIteration:
            opened.finish_items(None)
        except GeneratorExit:
            opened.finish_items(None, closed_early=True)
            raise
        except BaseException as error:
            opened.fail(error)
            raise

    return call


def _wrap_class(cls: type, name: str, scope: ScopeMaker) -> type:
    """Record each public method of a class as a span named ``Class.method``; making an object records nothing.

    AgentOps 0.4 kept one span from ``__init__`` to garbage collection, which put one object's work under another's.
    """
    for attribute, member in list(vars(cls).items()):
        if attribute.startswith("_") and attribute != "__call__":
            continue
        function = member.__func__ if isinstance(member, (classmethod, staticmethod)) else member
        if inspect.isfunction(function) and not hasattr(function, "__agentops__"):
            label = name if attribute == "__call__" else f"{name}.{attribute}"
            setattr(cls, attribute, apply_scope(member, label, scope))
    return cls


session: SessionDecorator = _decorator(SpanKind.SESSION, "Run each call of a function as a session of its own.")
trace: SessionDecorator = _decorator(SpanKind.SESSION, "The same as ``session``, by AgentOps 0.4's other name.")
agent: Decorator = _decorator(SpanKind.AGENT, "Record each call as an agent's run.")
task: Decorator = _decorator(SpanKind.TASK, "Record each call as a task.")
operation: Decorator = _decorator(SpanKind.OPERATION, "Record each call as an operation.")
workflow: Decorator = _decorator(SpanKind.WORKFLOW, "Record each call as a workflow.")
chain: Decorator = _decorator(SpanKind.CHAIN, "Record each call as a chain.")
tool: Decorator = _decorator(SpanKind.TOOL, "Record each call as a tool's; ``cost`` is in US dollars per call.")
guardrail: Decorator = _decorator(
    SpanKind.GUARDRAIL, "Record each call as a guardrail; ``spec`` says ``input`` or ``output``."
)
