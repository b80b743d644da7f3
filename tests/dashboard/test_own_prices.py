"""A price table of one's own: what it means, and what is said of one that cannot be meant."""

import os

import pytest

from agentops.errors import ConfigurationError, StoreError
from agentops_dashboard.semantics.record import SpanRecord
from agentops_dashboard.store import SQLiteStore
from agentops_dashboard.store.prices import Prices, dated


def call(**tokens):
    """A model call of a model that no list knows."""
    return SpanRecord("1" * 32, "1" * 16, None, 1, "llm", "chat", "ok", 10**18, 10**18 + 1, model="house-7b", **tokens)


def test_classes_without_a_price_cost_what_the_documentation_says(tmp_path):
    """Cached tokens cost what input costs, output nothing."""
    file = tmp_path / "prices.json"
    costs = []
    for text in (
        '{"house-7b": {"input": 2}}',
        '{"house-7b": {"input": 2, "output": 3, "cached": 1, "cache_write": 4}}',
    ):
        file.write_text(text)
        os.utime(file, (1_760_000_000, 1_760_000_000))
        record = call(input_tokens=1000, output_tokens=100, cached_tokens=200, cache_write_tokens=300)
        Prices(file).price(record)
        costs.append((record.cost_nano, record.cost_source))
    source = "prices.json of 2025-10-09"
    assert costs == [(2_000_000, source), (1_000_000 + 200_000 + 1_200_000 + 300_000, source)]


@pytest.mark.parametrize(("text", "message"), [
    ("[]", "it is no JSON object"),
    ("{", "is no price table"),
    ('{"m": 3}', '\'m\' needs a price for "input", which may be 0'),
    ('{"m": {}}', 'needs a price for "input"'),
    ('{"m": {"output": 1}}', 'needs a price for "input"'),
    ('{"m": {"input": 1, "inptu": 1}}', "unknown token class 'inptu'; there are input, output, cached, cache_write"),
    ('{"m": {"input": -1}}', "the price -1 for 'input' of 'm' is no number from 0 to 1,000,000"),
    ('{"m": {"input": "1"}}', "the price '1' for 'input'"),
    ('{"m": {"input": null}}', "the price None for 'input'"),
    ('{"m": {"input": true}}', "the price True for 'input'"),
    ('{"m": {"input": 1e12}}', "is no number from 0 to"),
])  # fmt: skip
def test_a_table_that_cannot_be_meant_is_refused_with_a_sentence(tmp_path, text, message):
    """It names the model, the class and the value, and shows how a table is written."""
    file = tmp_path / "prices.json"
    file.write_text(text)
    with pytest.raises(ConfigurationError, match=r'Write it as \{"my-model"') as raised:
        Prices(file)
    assert message in str(raised.value)


def test_a_damaged_store_is_called_that(tmp_path):
    """Another directory would be no help."""
    (tmp_path / "agentops.sqlite").write_bytes(b"no database at all" * 100)
    with pytest.raises(StoreError, match="It is damaged: put a back-up in its place"):
        SQLiteStore(tmp_path / "agentops.sqlite")


def test_a_cost_that_no_call_has_is_unknown(tmp_path):
    """As one that is reported: sums of such would pass what a store counts to."""
    file = tmp_path / "prices.json"
    file.write_text('{"house-7b": {"input": 1000000}}')
    costs = []
    for tokens in (10_000, 10_001, 10**10):
        record = call(input_tokens=tokens)
        Prices(file).price(record)
        costs.append(record.cost_nano)
    assert costs == [10**13, None, None]


def test_an_amount_says_whose_prices_of_which_day_it_is():
    """A list knows what held on the day of a call; one's own table, and what a program reports, have no days."""
    day_ns = 1_760_000_000_000_000_000
    sources = ["genai-prices 0.2.3", "prices.json of 2025-10-09", "reported"]
    assert [dated(source, day_ns) for source in sources] == [
        "genai-prices 0.2.3, prices of 2025-10-09", *sources[1:],
    ]  # fmt: skip
