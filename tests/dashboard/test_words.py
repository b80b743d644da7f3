"""Words in one normal form: the same phrases are found as by SQLite's full-text index."""

import itertools
import sqlite3

import pytest

from agentops_dashboard.store.words import normal_words

TEXTS = (
    "The invoice #42 is over-due: 1,299.00 EUR", "Crème brûlée für ÄNNE", "a_b-c.d/e\\f", "日本語 テキスト x2", "",
    "!!! ???", "naïve café", "Hello\nworld\tagain", "don't", "ΑΘΗΝΑ αθηνα", "snake_case camelCase", "x²+y₂",
)  # fmt: skip
PHRASES = (
    "invoice", "INVOICE 42", "over due", "due 1", "creme", "Crème", "brulee fur", "änne", "a b", "e f", "テキスト",
    "world again", "don t", "αθηνα", "case", "camelcase", "!!!", "invoice is",
)  # fmt: skip


@pytest.fixture(scope="module")
def index() -> sqlite3.Connection:
    """The texts in an index such as the embedded store has."""
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE VIRTUAL TABLE texts USING fts5 (body, content='', tokenize='unicode61')")
    connection.executemany("INSERT INTO texts (rowid, body) VALUES (?, ?)", enumerate(TEXTS))
    return connection


@pytest.mark.parametrize(("phrase", "is_prefix"), list(itertools.product(PHRASES, (False, True))))
def test_a_phrase_is_found_where_the_index_finds_it(index: sqlite3.Connection, phrase: str, is_prefix: bool) -> None:
    """Whole words in this order, whatever their case and accents; as a prefix the last word may go on."""
    match = '"' + phrase + '"' + (" *" if is_prefix else "")
    found = [row[0] for row in index.execute("SELECT rowid FROM texts WHERE texts MATCH ? ORDER BY rowid", (match,))]
    wanted = normal_words(phrase)
    wanted = wanted.rstrip() if is_prefix else wanted
    assert [place for place, text in enumerate(TEXTS) if wanted and wanted in normal_words(text)] == found
