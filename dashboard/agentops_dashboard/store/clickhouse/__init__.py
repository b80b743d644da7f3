"""The store on ClickHouse: one server, or a cluster of shards."""

from agentops_dashboard.store.clickhouse.address import Address, parse_address
from agentops_dashboard.store.clickhouse.store import ClickHouseStore

__all__ = ["Address", "ClickHouseStore", "parse_address"]
