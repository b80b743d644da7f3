"""What a statement is about, sent beside it as a table that the server keeps as long as the statement runs.

In its text, a few thousand ids are more than the server takes; and it reads them again wherever the text is used.
"""

from collections.abc import Iterable

import orjson
from clickhouse_connect.driver.external import ExternalData

__all__ = ["asked"]

_TYPES = {"trace_id": "String", "span_id": "String", "session_id": "String", "sid": "Int64", "process": "String"}


def asked(*columns: str, rows: Iterable[tuple[str | int, ...]]) -> ExternalData:
    """A table called ``asked``.

    Args:
        columns: Which of ``trace_id``, ``span_id``, ``session_id``, ``sid`` and ``process`` it has.
        rows: A value for each column.
    """
    data = b"\n".join(orjson.dumps(row) for row in rows)
    structure = [f"{column} {_TYPES[column]}" for column in columns]
    # An empty table is a line feed: what has no bytes is taken for no table at all.
    return ExternalData(file_name="asked", data=data or b"\n", fmt="JSONCompactEachRow", structure=structure)
