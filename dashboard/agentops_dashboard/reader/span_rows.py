"""The span rows of one session in tree order, read as far as they are looked at."""

from collections import namedtuple
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import chain
from operator import attrgetter
from typing import Any, Final, overload

from agentops_dashboard.store import tables as t

__all__ = ["FRAME", "Reading", "SpanRows", "columns_of", "to_row"]

# The columns are the table's; a named tuple's fields are read 30 times faster than those of a database row.
_SpanRow = namedtuple("_SpanRow", t.span.c.keys())  # type: ignore[misc]  # noqa: PYI024
to_row: Final = partial(tuple.__new__, _SpanRow)  # as ``_make``, which counts the columns of each row once more

FRAME: Final = (
    "span_id", "parent_id", "start_ns", "seq", "end_ns", "kind", "status", "swallowed", "input_tokens",
    "output_tokens", "cost_nano", "first_token_ns", "tool", "model", "agent",
)  # fmt: skip
"""What the order, the sums and the timeline of a whole session are made of, and what says which spans are alike."""

_ALL: Final = tuple(t.span.c.keys())
_STRETCH: Final = 100
_FEW: Final = 8
_MOST_ASKED: Final = 1_000
_EMPTY: Final = dict.fromkeys(_ALL) | {"project": "", "trace_id": "", "name": ""}

Reading = Callable[[Sequence[str], Sequence[str] | None], Iterable[Sequence[Any]]]
"""Reads columns of a session's spans, some tuples at a time, in any order: of all spans, or of those with some ids."""


def columns_of(names: Sequence[str], reading: Reading) -> dict[str, list[Any]]:
    """Read columns of all of a session's spans; the rows that they come in leave nothing behind."""
    columns: dict[str, list[Any]] = {name: [] for name in names}
    for rows in reading(names, None):
        for name, values in zip(names, zip(*rows, strict=True), strict=True):
            columns[name] += values
    return columns


class SpanRows(Sequence[Any]):
    """A session's span rows by their places in its tree.

    Args:
        arrived: What is known of all rows, by column, in the order in which it was read: ``FRAME``, or nothing.
        numbers: Which row of ``arrived`` stands at each place.
        reading: Reads what is not known when it is asked for. A single row comes with those around it; whoever knows
            which ones will be needed says so with ``fetch``. After a few such readings all rows are read.
        rows: All rows in the order of the tree, if they are known; must be, where no columns are.
    """

    def __init__(
        self, arrived: dict[str, list[Any]], numbers: list[int], reading: Reading, rows: list[Any] | None = None
    ) -> None:
        self._arrived = arrived
        self._ids_as_read = arrived.get("span_id")
        self._numbers = numbers
        self._columns: dict[str, list[Any]] = {}
        self._reading = reading
        self._whole = rows
        self._some: dict[int, Any] = {}
        self._readings = 0

    def column(self, name: str) -> list[Any]:
        """One column of all rows: going over it is several times as fast as over the rows."""
        return self.columns(name)[0]

    def columns(self, *names: str) -> list[list[Any]]:
        """Several columns of all rows; those that are not known are read together."""
        for name in names:
            self._put_in_order(name)
        missing = [name for name in names if name not in self._columns]
        if missing and self._whole is not None:
            for name in missing:
                self._columns[name] = list(map(attrgetter(name), self._whole))
        elif missing:
            self._read_columns(missing)
        return [self._columns[name] for name in names]

    def _read_columns(self, names: list[str]) -> None:
        read = columns_of(["span_id", *names], self._reading)
        if read["span_id"] == self._ids_as_read:
            self._columns.update((name, [read[name][number] for number in self._numbers]) for name in names)
            return
        places = {span_id: at for at, span_id in enumerate(read["span_id"])}
        found = [places.get(span_id, -1) for span_id in self.column("span_id")]
        for name in names:
            values = [*read[name], _EMPTY[name]]
            self._columns[name] = [values[at] for at in found]

    def _put_in_order(self, name: str) -> None:
        arrived = self._arrived.get(name)
        if arrived is not None:
            # It leaves the one place when it is in the other: someone else may ask for it at this moment.
            self._columns[name] = [arrived[number] for number in self._numbers]
            self._arrived.pop(name, None)

    def fetch(self, places: Iterable[int]) -> None:
        """Read some rows at once, those of them that are not known."""
        missing = [place for place in places if place not in self._some] if self._whole is None else []
        if len(missing) > _MOST_ASKED:
            self._all()
        elif missing:
            span_ids = self.column("span_id")
            ids = [span_ids[place] for place in missing]
            self._some.update(zip(missing, self._read(missing, ids), strict=True))

    def __len__(self) -> int:
        return len(self._numbers if self._whole is None else self._whole)

    @overload
    def __getitem__(self, place: int) -> Any: ...
    @overload
    def __getitem__(self, place: slice) -> list[Any]: ...
    def __getitem__(self, place: int | slice) -> Any:
        if isinstance(place, slice):
            places = range(*place.indices(len(self)))
            self.fetch(places)
            return [self[at] for at in places]
        if self._whole is not None:
            return self._whole[place]
        place = range(len(self))[place]
        if place not in self._some:
            self._readings += 1
            if self._readings > _FEW:
                return self._all()[place]
            around = range(max(0, place - _STRETCH // 2), min(len(self), place + _STRETCH))
            self.fetch(around)
        return self._some[place]

    def __iter__(self) -> Iterator[Any]:
        return iter(self._all())

    def _all(self) -> list[Any]:
        if self._whole is None:
            self._whole = self._read(range(len(self)), None)
        return self._whole

    def _read(self, places: Sequence[int], ids: list[str] | None) -> list[Any]:
        read: Iterable[Any] = map(to_row, chain.from_iterable(self._reading(_ALL, ids)))
        found = {row.span_id: row for row in read}
        span_ids = self.column("span_id")
        return [found[span_id] if (span_id := span_ids[place]) in found else self._known(place) for place in places]

    def _known(self, place: int) -> Any:
        """What is known of a row that was deleted since."""
        known = zip(FRAME, self.columns(*FRAME), strict=True)
        return _SpanRow(**(_EMPTY | {name: values[place] for name, values in known}))
