"""Which models are called, what they cost, and what they would cost at the prices of today."""

import time
from typing import Any, Final, TypedDict

from sqlalchemy import Double, cast, func, select

from agentops_dashboard.reader.reader import Reader
from agentops_dashboard.store import tables as t
from agentops_dashboard.store.prices import ModelPrice, Prices

__all__ = ["AuditedModel", "PriceAudit", "read_price_audit"]

_MOST: Final = 200
_MOST_READ: Final = 2_000
"""Names of models are what programs make them: the ones that are called most are looked up."""


class AuditedModel(TypedDict):
    """A model over all sessions of a project. Money in dollars, ``input`` and ``output`` per million tokens.

    ``source`` None: no list knows a price of today. ``today`` is about what its tokens would cost now: from their sums,
    as if all calls were of the mean size.
    """

    model: str
    calls: int
    tokens: int | None
    recorded: float | None
    source: str | None
    input: float | None
    output: float | None
    today: float | None


class PriceAudit(TypedDict):
    """``sources``: where the costs of sessions come from, with numbers of sessions; ``unpriced``: calls without one."""

    models: list[AuditedModel]
    sources: dict[str, int]
    unpriced: int


def read_price_audit(reader: Reader, prices: Prices) -> PriceAudit:
    """Read it for a project: models without a price first, then the dearest."""
    u, c = t.usage.c, t.session.c
    # As floating point: what programs claim may pass 64 bits together.
    sums = (
        func.sum(cast(func.coalesce(column, 0), Double))
        for column in (u.input_tokens, u.output_tokens, u.cached_tokens)
    )
    used = (
        select(u.label, func.sum(u.calls), func.count(u.input_tokens), func.sum(u.cost_nano), *sums)
        .where(u.project == reader.project, u.label_kind == "model")
        .group_by(u.label)
        .order_by(func.sum(u.calls).desc())
        .limit(_MOST_READ)
    )
    count = func.count()
    sources = select(c.cost_source, count).where(c.project == reader.project, c.cost_source.is_not(None))
    with reader.connect() as connection:
        models = [_model(row, prices) for row in connection.execute(used)]
        found = connection.execute(sources.group_by(c.cost_source).order_by(count.desc(), c.cost_source)).all()
        unpriced = connection.execute(select(func.sum(c.unpriced_calls)).where(c.project == reader.project)).scalar()
    models.sort(key=lambda one: (one["source"] is not None, -(one["recorded"] or 0.0), -one["calls"], one["model"]))
    return {"models": models[:_MOST], "sources": dict(found), "unpriced": unpriced or 0}


def _model(row: Any, prices: Prices) -> AuditedModel:
    label, calls, metered, nano, sent, got, cached = row
    price = prices.find(None, label, time.time_ns())
    has_tokens = bool(metered)
    return {
        "model": label, "calls": calls, "tokens": int(sent + got) if has_tokens else None,
        "recorded": None if nano is None else nano / 1e9, "source": None if price is None else price.source,
        "input": None if price is None else price.input[0][1] / 1e6,
        "output": None if price is None else price.output[0][1] / 1e6,
        "today": _today(price, calls, sent, got, cached) if price is not None and has_tokens and calls else None,
    }  # fmt: skip


def _today(price: ModelPrice, calls: int, sent: float, got: float, cached: float) -> float:
    pico = price.pico_by_class(round(sent / calls), round(got / calls), round(cached / calls), 0)
    return sum(pico.values()) * calls / 1e12
