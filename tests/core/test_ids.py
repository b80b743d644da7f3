"""Ids: unique, sorted as they are made, and left alone by the program's own random numbers."""

import itertools
import random
import uuid

import pytest

from agentops.sdk.ids import SystemIds


def test_session_ids_sort_as_the_sessions_were_started(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also those of one millisecond; each is a UUID of version 7 and a valid OpenTelemetry trace id."""
    ticks = itertools.count(1_700_000_000_000_000_000, 500)
    monkeypatch.setattr("time.time_ns", lambda: next(ticks))
    ids = SystemIds()
    made = [ids.session_id() for _ in range(5000)]
    assert made == sorted(made)
    assert len(set(made)) == 5000
    assert {uuid.UUID(item).version for item in made} == {7}
    assert {uuid.UUID(item).variant for item in made} == {uuid.RFC_4122}
    assert int(made[0][:12], 16) == 1_700_000_000_000


def test_span_ids_are_unique_and_never_zero() -> None:
    """16 hex digits each."""
    ids = SystemIds()
    made = {ids.span_id() for _ in range(10_000)}
    assert len(made) == 10_000
    assert {len(item) for item in made} == {16}
    assert "0" * 16 not in made


def test_the_programs_random_numbers_are_its_own() -> None:
    """``random.seed()`` makes no id come twice, and no id changes what the program draws."""
    ids = SystemIds()
    random.seed(1)
    first = (ids.session_id(), ids.span_id(), random.random())
    random.seed(1)
    second = (ids.session_id(), ids.span_id(), random.random())
    assert first[:2] != second[:2]
    assert first[2] == second[2]
