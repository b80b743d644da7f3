"""Terms of a query, as facets and chips change them."""

import pytest

from agentops_dashboard.pages import query_edit as edit
from agentops_dashboard.query import parse


def test_terms_are_split_at_blanks_outside_of_quotes_and_parentheses() -> None:
    """A quoted value and a list stay whole."""
    query = 'tag:"a b" status:(error OR abandoned) -user:x free "two words"'
    assert edit.split_terms(query) == ['tag:"a b"', "status:(error OR abandoned)", "-user:x", "free", '"two words"']


@pytest.mark.parametrize(
    "value", ["plain", "two words", 'say "hi"', "back\\slash", "OR", "-minus", "a(b)c", "", "ünï", "x:y"]
)
def test_any_value_survives_being_quoted(value: str) -> None:
    """Whatever a program calls its tag, choosing it in the facet gives a query that can be read."""
    query = edit.toggle_value("", "tag", value)
    assert edit.chosen_values(query, "tag") == {value}
    parse(query)


def test_values_of_one_key_are_alternatives() -> None:
    """Two values make a list, taking one away makes a plain term again, taking the last away leaves nothing."""
    one = edit.toggle_value("free", "user", "ada")
    two = edit.toggle_value(one, "user", "b c")
    assert two == 'free user:(ada OR "b c")'
    assert edit.toggle_value(two, "user", "ada") == 'free user:"b c"'
    assert edit.toggle_value(one, "user", "ada") == "free"


def test_a_chip_takes_its_term_and_no_other() -> None:
    """Excluding a value adds a term once."""
    query = edit.add_term(edit.add_term("a", "-tag:x"), "-tag:x")
    assert query == "a -tag:x"
    assert edit.remove_term(query, "-tag:x") == "a"
