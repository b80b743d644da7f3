"""What is computed of a whole outline is computed once: it lives as long as the outline is true."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar

__all__ = ["remembered", "remembered_last"]


class _Remembers(Protocol):
    derived: dict[Any, Any]


_O = TypeVar("_O", bound=_Remembers)
_P = ParamSpec("_P")
_T = TypeVar("_T")


def remembered(make: Callable[Concatenate[_O, _P], _T]) -> Callable[Concatenate[_O, _P], _T]:
    """Keep what a function makes of an outline, for each of its other arguments, which can be hashed."""

    @wraps(make)
    def find(outline: _O, /, *args: _P.args, **kwargs: _P.kwargs) -> _T:
        key = (make, args, *kwargs.items())
        if key not in outline.derived:
            outline.derived[key] = make(outline, *args, **kwargs)
        found: _T = outline.derived[key]
        return found

    return find


def remembered_last(make: Callable[Concatenate[_O, _P], _T]) -> Callable[Concatenate[_O, _P], _T]:
    """The same for the arguments of the last call alone: those that go on with the time would be kept without end."""

    @wraps(make)
    def find(outline: _O, /, *args: _P.args, **kwargs: _P.kwargs) -> _T:
        asked = (args, kwargs)
        kept = outline.derived.get(make)
        if kept is None or kept[0] != asked:
            kept = outline.derived[make] = (asked, make(outline, *args, **kwargs))
        found: _T = kept[1]
        return found

    return find
