"""The query language: what it means, and what it says when it cannot be understood."""

import pytest

from agentops_dashboard.query import Aggregate, And, Not, Or, QueryError, Term, Text, parse

SECOND = 1_000_000_000


def _term(key, *values, operator="=", member=None, patterns=None):
    return Term(key, member, operator, values, patterns or (False,) * len(values))


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("", And(())),
        ("tag:prod -status:success", And((_term("tag", "prod"), Not(_term("status", "success"))))),
        ("cost:>0.5", And((_term("cost", 500_000_000, operator=">"),))),
        ("cost:<=$1.25", And((_term("cost", 1_250_000_000, operator="<="),))),
        (
            "duration:<2m tokens:>=12k",
            And((_term("duration", 120 * SECOND, operator="<"), _term("tokens", 12_000, operator=">="))),
        ),
        ("duration:1h30m", And((_term("duration", 5400 * SECOND),))),
        ("status:(failed OR abandoned)", And((_term("status", "error", "abandoned"),))),
        ("tag:(a, \"b c\",d)", And((_term("tag", "a", "b c", "d"),))),
        ("metadata.region:eu", And((_term("metadata", "eu", member="region"),))),
        ("name:sup*", And((_term("name", "sup*", patterns=(True,)),))),
        ('name:"sup*"', And((_term("name", "sup*"),))),
        ("env:prod user.id:ada", And((_term("environment", "prod"), _term("user", "ada")))),
        ("start:>24h", And((_term("start", 1_000_000 * SECOND - 86_400 * SECOND, operator=">"),))),
        ("start:<1970-01-02", And((_term("start", 86_400 * SECOND, operator="<"),))),
        ('refund "broken lamp" ship*', And((Text("refund"), Text("broken lamp"), Text("ship", is_prefix=True)))),
        ("a or b and c", And((Or((Text("a"), And((Text("b"), Text("c"))))),))),
        ("(a or b) c", And((Or((Text("a"), Text("b"))), Text("c")))),
        ("not not a", And((Text("a"),))),
        ("orders android", And((Text("orders"), Text("android")))),
        ('say\\ "a \\"b\\" \\\\"', And((Text("say\\"), Text('a "b" \\')))),
        (
            "any(tool.name:search and status:error)",
            And((Aggregate(And((_term("tool", "search"), _term("status", "error"))), ">=", 1),)),
        ),
        ("count(llm)>20", And((Aggregate(_term("kind", "llm"), ">", 20),))),
        ("count()<=5 has:cost", And((Aggregate(None, "<=", 5), _term("has", "cost")))),
        (
            "count(tool:search -status:ok) >= 3",
            And((Aggregate(And((_term("tool", "search"), Not(_term("status", "ok")))), ">=", 3),)),
        ),
    ],
)  # fmt: skip
def test_what_a_query_means(text, tree):
    """Each form of the language gives exactly this tree."""
    assert parse(text, now_ns=1_000_000 * SECOND) == tree


@pytest.mark.parametrize(
    ("text", "position", "length", "suggestion", "message"),
    [
        ("tag:a toool:search", 6, 5, "tool", "Did you mean 'tool'?"),
        ("status:sucess", 7, 6, "success", "status knows no 'sucess'. Did you mean 'success'?"),
        ("status:fialed", 7, 6, "failed", "status knows no 'fialed'. Did you mean 'failed'?"),
        ("status:zzz", 7, 3, None, "It is one of: running,"),
        ("cost:>cheap", 6, 5, None, "cost needs a value such as 0.5, not 'cheap'."),
        ("duration:>2y", 10, 2, None, "duration needs a value such as 300ms"),
        ("(tag:a", 0, 1, None, "This parenthesis is not closed."),
        ("tag:a)", 5, 1, None, "a closing parenthesis too many"),
        ('tag:"a', 4, 1, None, "This quotation is not closed."),
        ("tag:", 4, 1, None, "Here a value is missing."),
        ("a or", 4, 1, None, "Here a condition is missing."),
        ("and a", 0, 1, None, "Here a condition is missing."),
        ("name:>a", 5, 1, None, "name cannot be compared with >."),
        ("count(llm)", 10, 1, None, "needs a comparison"),
        ("count(llm)>many", 11, 4, None, "compared with a whole number"),
        ("any(any(a))", 4, 3, None, "cannot stand inside"),
        ("metadata:eu", 0, 8, None, "metadata needs a name behind it"),
        ("any(tag:a)", 4, 3, None, "There is no key 'tag'."),
        ("https://example.org", 0, 5, None, 'quote it: "https:…"'),
        ("(" * 50, 20, 1, None, "at most 20 deep"),
        ("a " * 101, 200, 1, None, "at most 100 terms"),
        ("x" * 5000, 4000, 1, None, "at most 4000 characters"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(text, position, length, suggestion, message):
    """A query that cannot be understood is refused: the sentence, the place, and what was probably meant."""
    with pytest.raises(QueryError) as caught:
        parse(text)
    error = caught.value
    assert message in error.message
    assert (error.position, error.length, error.suggestion) == (position, length, suggestion)
