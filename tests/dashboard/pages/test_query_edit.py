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


def test_values_that_must_all_fit_stand_apart() -> None:
    """One more is one more term, any of them will do in one, both are read back, and patterns stay patterns."""
    every = edit.with_all('free tag:(ada OR b* OR "c d")', "tag")
    assert every == 'free tag:ada tag:b* tag:"c d"'
    assert [edit.asks_for_all(query, "tag") for query in (every, "tag:ada", "tag:(a OR b) -tag:c", "")] == [
        True, False, False, False,
    ]  # fmt: skip
    assert edit.toggle_value(every, "tag", "e f") == every + ' tag:"e f"'
    assert edit.toggle_value(every, "tag", "c d") == "free tag:ada tag:b*"
    assert edit.with_any(every, "tag") == 'free tag:(ada OR b* OR "c d")'
    assert edit.toggle_value("tag:b*", "tag", "x") == "tag:(b* OR x)"
    assert edit.toggle_value("tags:a tag:(b OR c)", "tag", "b") == "tag:a tag:c"
    assert edit.with_any("tag:a tag:(a OR b)", "tag") == "tag:(a OR b)"


def test_bounds_replace_those_that_were_there() -> None:
    """A least and a most become two terms, are read back, and go when they are emptied; other terms stay."""
    query = edit.with_bounds("free cost:>0.1 -tag:x", "cost", "0.5", " 2 ")
    assert query == "free -tag:x cost:>=0.5 cost:<=2"
    assert edit.bounds_of(query, "cost") == ("0.5", "2")
    assert edit.bounds_of("duration:<2m", "duration") == ("", "2m")
    assert edit.with_bounds(query, "cost", "", "") == "free -tag:x"
    assert edit.with_bounds("", "cost", ") OR x:y", "") == "cost:>=ORx:y"


def test_a_term_beside_alternatives_goes_for_all_of_them() -> None:
    """Words that join terms are put in parentheses first, or the new term would hold for the last of them alone."""
    assert edit.add_term("a OR b", "-tag:x") == "(a OR b) -tag:x"
    assert edit.toggle_value("a OR b", "user", "ada") == "(a OR b) user:ada"
    assert edit.with_bounds("a OR b", "cost", "1", "") == "(a OR b) cost:>=1"


def test_a_term_is_toggled_and_a_key_taken_away() -> None:
    """Toggling twice changes nothing; a key goes with all that is asked for and excluded under it."""
    once = edit.toggle_term("a", "is:live")
    assert (once, edit.toggle_term(once, "is:live")) == ("a is:live", "a")
    assert edit.without_key("a tag:x -tag:y tool:z", "tag") == "a tool:z"
    assert edit.chosen_values("-tag:x tag:y", "tag", is_excluded=True) == {"x"}


def test_a_key_and_a_state_are_known_by_each_of_their_spellings() -> None:
    """What a person typed in other words is chosen in the facets, and joined with what they click."""
    assert edit.chosen_values("env:production Tags:a -state:(failed OR killed)", "environment") == {"production"}
    assert edit.chosen_values("-state:(failed or killed)", "status", is_excluded=True) == {"error", "abandoned"}
    assert edit.toggle_value("env:production x", "environment", "staging") == "x environment:(production OR staging)"
    assert edit.toggle_value("status:failed", "status", "error") == ""
    assert edit.without_key("env:a -environment:b x", "environment") == "x"
    assert edit.is_about("a -tags:x", "tag")
    assert not edit.is_about('"tag:x" any(tag:x) metadata.tag:x free', "tag")
    assert edit.bounds_of("llm_calls:>=3", "llm") == ("3", "")
    assert edit.with_bounds("llm_calls:>=3", "llm", "4", "") == "llm:>=4"


def test_a_chip_takes_its_term_and_no_other() -> None:
    """Excluding a value adds a term once."""
    query = edit.add_term(edit.add_term("a", "-tag:x"), "-tag:x")
    assert query == "a -tag:x"
    assert edit.remove_term(query, "-tag:x") == "a"
