"""The URL of a store, and what is said when nothing good is behind it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from agentops.errors import ConfigurationError, StoreError
from agentops_dashboard.store import open_store
from agentops_dashboard.store.clickhouse import ClickHouseStore, parse_address
from tests.clickhouse.engine import Engine, free_port


def test_a_url_is_read_into_its_parts() -> None:
    """Ports, user and database have defaults; a password may hold any character, and is never shown."""
    address = parse_address("clickhouse://me:p%40ss@one,two:9000/runs?cluster=main&secure=true")
    assert address.hosts == (("one", 8443), ("two", 9000))
    assert (address.user, address.password, address.database) == ("me", "p@ss", "runs")
    assert (address.cluster, address.is_secure) == ("main", True)
    assert address.shown == "clickhouse://me@one:8443,two:9000/runs?cluster=main"
    plain = parse_address("clickhouse://[::1]")
    assert (plain.hosts, plain.user, plain.password, plain.database) == ((("::1", 8123),), "default", "", "agentops")


@pytest.mark.parametrize(("url", "message"), [
    ("postgres://secret@host/db", "begins with clickhouse://"),
    ("clickhouse:///db", "needs a host"),
    ("clickhouse://host:port/db", "needs a host and an HTTP port"),
    ("clickhouse://host:99999/db", "needs a host and an HTTP port"),
    ("clickhouse://secret@one,two/db", "add the cluster's name"),
    ("clickhouse://secret@host/db?shards=x", "no option 'shards'"),
    ("clickhouse://secret@host/db?secure=maybe", "true or false"),
    ("clickhouse://secret@host/d`b", "no name of a database"),
    ("clickhouse://secret@host/db?cluster=x'y", "no name of a cluster"),
])  # fmt: skip
def test_a_wrong_url_is_answered_with_what_is_right(url: str, message: str) -> None:
    """What is wrong with it, without repeating what may be a password."""
    with pytest.raises(ConfigurationError, match=message) as caught:
        parse_address(url)
    assert "secret" not in str(caught.value)


def test_a_server_that_does_not_answer_is_named(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Where it was looked for, what the system says, and how to see whether it is there; and nothing else is said."""
    port = free_port()
    words = rf"127.0.0.1:{port} does not answer \(Connection refused\).*curl http://127.0.0.1:{port}/ping"
    with pytest.raises(StoreError, match=words):
        ClickHouseStore(parse_address(f"clickhouse://127.0.0.1:{port}/db"), tmp_path)
    assert caplog.records == []


def test_a_wrong_password_is_named(tmp_path: Path, pair: list[Engine]) -> None:
    """Whose password it is, but not which."""
    with pytest.raises(StoreError, match="refuses user 'nobody'") as caught:
        ClickHouseStore(parse_address(f"clickhouse://nobody:secret@{pair[0].host}/db"), tmp_path)
    assert "secret" not in str(caught.value)


def test_an_unknown_cluster_and_a_server_left_out_are_named(tmp_path: Path, pair: list[Engine]) -> None:
    """A cluster is as its servers' configuration has it, and the URL names all of them."""
    with pytest.raises(StoreError, match="knows no cluster 'other'"):
        ClickHouseStore(parse_address(f"clickhouse://{pair[0].host}/db?cluster=other"), tmp_path)
    with pytest.raises(StoreError, match="has 2 servers and the URL names 1"):
        ClickHouseStore(parse_address(f"clickhouse://{pair[0].host}/db?cluster=pair"), tmp_path)


def test_the_environment_names_the_store_of_every_command(
    tmp_path: Path, new_url: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """``AGENTOPS_STORE`` does what ``--store`` does, and keeps a password out of the list of processes."""
    url = new_url()
    monkeypatch.setenv("AGENTOPS_STORE", url)
    store = open_store(tmp_path)
    assert store.location == url
    store.close()
