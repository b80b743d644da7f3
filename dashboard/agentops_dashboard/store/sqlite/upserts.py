"""The statements that put rows into SQLite, and say which of two rows of one key stays."""

import sqlite3
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from agentops_dashboard.store.rows import LEDGER_COLUMNS, SPAN_COLUMNS, TRACE_COLUMNS

__all__ = ["UPSERT_LEDGER", "UPSERT_TRACE", "upsert_spans"]

_NEWER_SPAN = (
    " ON CONFLICT (project, trace_id, span_id) DO UPDATE SET "
    + ", ".join(f"{name} = excluded.{name}" for name in SPAN_COLUMNS[3:])
    + " WHERE excluded.version > span.version OR (excluded.version = span.version"
    " AND span.end_ns IS NULL AND excluded.end_ns IS NOT NULL)"
)


def upsert_spans(connection: sqlite3.Connection, rows: Iterable[tuple[Any, ...]]) -> None:
    """Put span rows in, in the order of ``SPAN_COLUMNS``; of each as many values as it has.

    Python's SQLite looks for an adapter of every None that it binds, and of a row's 31 values 13 are None: leaving
    them out makes a row a quarter cheaper. Rows have few shapes, one or two for each kind of span.
    """
    by_shape: dict[tuple[bool, ...], list[list[Any]]] = {}
    for row in rows:
        shape = tuple([value is not None for value in row])
        by_shape.setdefault(shape, []).append([value for value in row if value is not None])
    for shape, alike in by_shape.items():
        connection.executemany(_upsert_span(shape), alike)


@lru_cache(maxsize=256)
def _upsert_span(shape: tuple[bool, ...]) -> str:
    columns = [name for name, has_value in zip(SPAN_COLUMNS, shape, strict=True) if has_value]
    return f"INSERT INTO span ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))}){_NEWER_SPAN}"


def _newer(column: str) -> str:
    """The later version's value wins, but a value beats none."""
    return (
        f"{column} = CASE WHEN excluded.version >= trace.version THEN coalesce(excluded.{column}, trace.{column})"
        f" ELSE coalesce(trace.{column}, excluded.{column}) END"
    )


def _extreme(column: str, sign: str) -> str:
    """The value of the earliest (``<=``) or latest (``>=``) span that has one."""
    wins = f"trace.{column}_ns IS NULL OR excluded.{column}_ns {sign} trace.{column}_ns"
    return ", ".join(
        f"{name} = CASE WHEN {wins} THEN coalesce(excluded.{name}, trace.{name}) ELSE trace.{name} END"
        for name in (column, f"{column}_ns")
    )


UPSERT_TRACE = (
    f"INSERT INTO trace ({', '.join(TRACE_COLUMNS)}) VALUES ({', '.join('?' * len(TRACE_COLUMNS))}) "
    "ON CONFLICT (project, trace_id) DO UPDATE SET "
    "session_id = CASE WHEN excluded.is_grouped > trace.is_grouped THEN excluded.session_id "
    "WHEN excluded.is_grouped = trace.is_grouped THEN min(excluded.session_id, trace.session_id) "
    "ELSE trace.session_id END, "
    + ", ".join(
        _newer(column)
        for column in (
            "name", "state", "end_reason", "metadata", "user", "service", "environment", "frameworks", "sdk", "host",
            "process", "parent_session_id", "parent_span_id", "release",
        )
    )
    + f", {_extreme('first_input', '<=')}, {_extreme('last_output', '>=')}, "
    "is_native = max(trace.is_native, excluded.is_native), is_grouped = max(trace.is_grouped, excluded.is_grouped), "
    "version = max(trace.version, excluded.version)"
)  # fmt: skip

UPSERT_LEDGER = (
    f"INSERT INTO ledger ({', '.join(LEDGER_COLUMNS)}) VALUES ({', '.join('?' * len(LEDGER_COLUMNS))}) "
    "ON CONFLICT (project, trace_id, process) DO UPDATE SET "
    + ", ".join(f"{name} = excluded.{name}" for name in LEDGER_COLUMNS[3:])
    + " WHERE excluded.time_ns > ledger.time_ns"
)
