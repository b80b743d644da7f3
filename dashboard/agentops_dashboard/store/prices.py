"""What a model call costs, in integer nano-USD, by token class."""

from dataclasses import dataclass
from datetime import datetime, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import orjson

from agentops.errors import ConfigurationError
from agentops_dashboard.semantics.record import MOST_NANO, SpanRecord

__all__ = ["ModelPrice", "Prices", "dated"]

_PROVIDER_NAMES = {"x_ai": "x-ai", "xai": "x-ai", "azure.ai.inference": "azure", "aws_bedrock": "aws"}
_LIST = "genai-prices"
_CLASSES = ("input", "output", "cached", "cache_write")
_HIGHEST = 1_000_000
"""US dollars per million tokens that a price of one's own may be."""
Tiers = tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class ModelPrice:
    """Prices by token class: ``(input tokens above which it holds, pico-USD per token)``, ascending.

    ``cached`` and ``cache_write`` None mean that such tokens cost what input costs.
    """

    input: Tiers
    output: Tiers
    cached: Tiers | None
    cache_write: Tiers | None
    source: str

    def cost_nano(self, record: SpanRecord) -> int:
        """Return what the call cost. Input includes cached and cache-write tokens, output includes reasoning."""
        pico = self.pico_by_class(
            record.input_tokens or 0,
            record.output_tokens or 0,
            record.cached_tokens or 0,
            record.cache_write_tokens or 0,
        )
        return (sum(pico.values()) + 500) // 1000

    def pico_by_class(self, total: int, output: int, cached: int, written: int) -> dict[str, int]:
        """Return pico-USD by token class; ``total`` is all input, of which some was cached and some written to it."""
        return {
            "input": max(total - cached - written, 0) * _at(self.input, total),
            "cached": cached * _at(self.cached or self.input, total),
            "cache_write": written * _at(self.cache_write or self.input, total),
            "output": output * _at(self.output, total),
        }


def _at(tiers: Tiers, input_tokens: int) -> int:
    price = tiers[0][1]
    for above, tier_price in tiers[1:]:
        if input_tokens > above:
            price = tier_price
    return price


class Prices:
    """Looks prices up: in a file of one's own first, then in genai-prices. An unknown model has no price.

    Args:
        path: JSON object of model name to ``{"input", "output", "cached", "cache_write"}``, each US dollars per
            million tokens. Need not exist.

    Raises:
        ConfigurationError: The file is there and cannot be understood.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._own = _read_own(path) if path is not None and path.exists() else {}
        self._found: dict[tuple[str | None, str, int], ModelPrice | None] = {}

    def price(self, record: SpanRecord) -> None:
        """Fill in the cost of a model call that reported none itself."""
        if record.cost_nano is not None or record.model is None:
            return
        if record.input_tokens is None and record.output_tokens is None:
            return
        price = self.find(record.provider, record.model, record.start_ns)
        if price is not None and (cost_nano := price.cost_nano(record)) <= MOST_NANO:
            record.cost_nano, record.cost_source = cost_nano, price.source

    def find(self, provider: str | None, model: str, time_ns: int) -> ModelPrice | None:
        """Return the price of a model on the day of a moment, or None when no list knows it."""
        day = time_ns // 86_400_000_000_000
        key = (provider, model, day)
        if key not in self._found:
            if len(self._found) > 5000:
                self._found.clear()
            self._found[key] = self._own.get(model) or _look_up(provider, model, day)
        return self._found[key]


def _look_up(provider: str | None, model: str, day: int) -> ModelPrice | None:
    # Importing the price list takes 0.6 s, which the first page need not wait for.
    import genai_prices
    from genai_prices.data_snapshot import get_snapshot

    if provider is not None:
        provider = _PROVIDER_NAMES.get(provider, provider)
    try:
        _, info = get_snapshot().find_provider_model(model, None, provider, None)
    except LookupError:
        return None
    prices = info.get_prices(datetime.fromtimestamp(day * 86400, timezone.utc))
    given, answered = prices.input_mtok, prices.output_mtok
    if given is None and answered is None:
        return None
    return ModelPrice(
        input=_tiers(given) or ((0, 0),),
        output=_tiers(answered) or ((0, 0),),
        cached=_tiers(prices.cache_read_mtok),
        cache_write=_tiers(prices.cache_write_mtok),
        source=f"{_LIST} {genai_prices.__version__}",
    )


def dated(source: str, time_ns: int) -> str:
    """A price's source with the day whose prices were taken: a list of prices knows what held when a call began."""
    return f"{source}, prices of {_day(time_ns / 1e9)}" if source.startswith(_LIST) else source


def _day(seconds: float) -> str:
    return f"{datetime.fromtimestamp(seconds, timezone.utc):%Y-%m-%d}"


def _tiers(price: Any) -> Tiers | None:
    if price is None:
        return None
    if isinstance(price, Decimal):
        return ((0, _pico(price)),)
    return ((0, _pico(price.base)), *((tier.start, _pico(tier.price)) for tier in price.tiers))


def _pico(dollars_per_million: Decimal) -> int:
    return int((dollars_per_million * 1_000_000).to_integral_value())


def _read_own(path: Path) -> dict[str, ModelPrice]:
    try:
        table = orjson.loads(path.read_bytes())
        if type(table) is not dict:
            raise ValueError("it is no JSON object")
        source = f"{path.name} of {_day(path.stat().st_mtime)}"
        return {model: _own_price(model, prices, source) for model, prices in table.items()}
    except ValueError as error:
        raise ConfigurationError(
            f'{path} is no price table: {error}. Write it as {{"my-model": {{"input": 0.5, "output": 1.5}}}}, '
            "in US dollars per million tokens."
        ) from error


def _own_price(model: str, prices: Any, source: str) -> ModelPrice:
    if type(prices) is not dict or "input" not in prices:
        raise ValueError(f'{model!r} needs a price for "input", which may be 0')
    for name, price in prices.items():
        if name not in _CLASSES:
            raise ValueError(f"{model!r} has an unknown token class {name!r}; there are {', '.join(_CLASSES)}")
        if type(price) not in (int, float) or not 0 <= price <= _HIGHEST:
            raise ValueError(f"the price {price!r} for {name!r} of {model!r} is no number from 0 to {_HIGHEST:,}")
    tiers = {name: _tiers(Decimal(str(price))) for name, price in prices.items()}
    return ModelPrice(
        input=tiers["input"] or ((0, 0),),
        output=tiers.get("output") or ((0, 0),),
        cached=tiers.get("cached"),
        cache_write=tiers.get("cache_write"),
        source=source,
    )
