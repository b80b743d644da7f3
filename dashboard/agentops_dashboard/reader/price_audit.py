"""Which models are called, what they cost, and what they would cost at the prices of today."""

import time
from typing import Final, TypedDict

from sqlalchemy import func, select

from agentops_dashboard.reader.label_sums import Sums
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
    c = t.session.c
    used = [(label, sums) for (kind, label), sums in reader.labels.over("", None, None).items() if kind == "model"]
    used.sort(key=lambda one: (-one[1].calls, one[0]))
    models = [_model(label, sums, prices) for label, sums in used[:_MOST_READ]]
    count = func.count()
    sources = select(c.cost_source, count).where(c.project == reader.project, c.cost_source.is_not(None))
    with reader.connect() as connection:
        found = connection.execute(sources.group_by(c.cost_source).order_by(count.desc(), c.cost_source)).all()
        unpriced = connection.execute(select(func.sum(c.unpriced_calls)).where(c.project == reader.project)).scalar()
    models.sort(key=lambda one: (one["source"] is not None, -(one["recorded"] or 0.0), -one["calls"], one["model"]))
    return {"models": models[:_MOST], "sources": dict(found), "unpriced": unpriced or 0}


def _model(label: str, sums: Sums, prices: Prices) -> AuditedModel:
    price = prices.find(None, label, time.time_ns())
    return {
        "model": label, "calls": sums.calls, "tokens": (sums.input or 0) + (sums.output or 0) if sums.metered else None,
        "recorded": None if sums.cost_nano is None else sums.cost_nano / 1e9,
        "source": None if price is None else price.source,
        "input": None if price is None else price.input[0][1] / 1e6,
        "output": None if price is None else price.output[0][1] / 1e6,
        "today": _today(price, sums) if price is not None and sums.metered and sums.calls else None,
    }  # fmt: skip


def _today(price: ModelPrice, sums: Sums) -> float:
    sent, got, cached = (round((tokens or 0) / sums.calls) for tokens in (sums.input, sums.output, sums.cached))
    return sum(price.pico_by_class(sent, got, cached, 0).values()) * sums.calls / 1e12
