"""Query parameters that several routes share."""

import time
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Query

from agentops_dashboard.query import QueryError
from agentops_dashboard.query.fields import read_time
from agentops_dashboard.semantics.record import FARTHEST_NS

__all__ = ["Filter"]


@dataclass(frozen=True, slots=True)
class _Filter:
    """Which sessions are meant."""

    query: str
    since_ns: int | None
    until_ns: int | None


def _filter(
    q: Annotated[str, Query(description="Query language, as in the list's search bar", max_length=4000)] = "",
    since: Annotated[str | None, Query(description="Started at or after: 24h, 2026-01-31, or nanoseconds")] = None,
    until: Annotated[str | None, Query(description="Started before: the same forms")] = None,
) -> _Filter:
    return _Filter(q, _moment(since, "since"), _moment(until, "until"))


Filter = Annotated[_Filter, Depends(_filter)]


def _moment(text: str | None, name: str) -> int | None:
    if not text:
        return None
    if text.isascii() and text.isdigit() and 16 <= len(text) <= 19:
        return min(int(text), FARTHEST_NS)
    moment = read_time(text, time.time_ns())
    if moment is None:
        raise QueryError(f"{name} needs a time such as 24h or 2026-01-31, not {text[:40]!r}.", 0, len(text))
    return moment
