"""Adds rows to tables of ClickHouse."""

from collections.abc import Sequence
from typing import Any

from clickhouse_connect.driver.client import Client

__all__ = ["Inserter"]

_AT_ONCE = 20_000


class Inserter:
    """Adds rows over connections that others use as well."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._types: dict[str, dict[str, str]] = {}

    def insert(self, table: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
        """Add rows; they are stored when this returns."""
        types = self._types_of(table)
        names = [types[column] for column in columns]
        for start in range(0, len(rows), _AT_ONCE):
            self._client.insert(table, rows[start : start + _AT_ONCE], columns, column_type_names=names)

    def _types_of(self, table: str) -> dict[str, str]:
        """The types of a table's columns; asked once, where the driver asks at each insert."""
        types = self._types.get(table)
        if types is None:
            found = self._client.query(
                "SELECT name, type FROM system.columns WHERE database = {database:String} AND table = {table:String}",
                {"database": self._client.database, "table": table},
            )
            types = self._types[table] = {row[0]: row[1] for row in found.result_rows}
        return types
