"""Alerts on models, tools and agents: how such rules are read and judged, and that each label is told of by itself."""

import contextlib
import sqlite3
from collections.abc import Callable, Iterator
from importlib.resources import files
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from agentops_dashboard.alerts import AlertError, Book, Watch, alerts_path, destinations_of, draft_of, fields_of
from agentops_dashboard.alerts.judging import Judgement, Part, judge
from agentops_dashboard.alerts.links import sessions_of
from agentops_dashboard.alerts.shape import alert_of
from agentops_dashboard.derived.label_figures import OF_LABELS, aggregates_of
from agentops_dashboard.reader import Reader
from agentops_dashboard.reader.charts import QUANTILES, chart
from agentops_dashboard.reader.grid import Grid
from agentops_dashboard.store import Store
from agentops_dashboard.store.sqlite.migrations import migrate
from tests.dashboard.conftest import END_NS, add_together
from tests.dashboard.test_changes import two_days
from tests.endpoint import endpoint

DAY_NS = 86_400_000_000_000
TOOLS_FAIL = {"name": "tools fail", "of": "each tool", "measure": "failed_calls", "threshold": "20%", "period": "24h"}


@pytest.fixture(scope="module")
def full(open_empty: Callable[[Path | None], Store]) -> Store:
    """Forty sessions a day for two days: of the last day's tools one fails in every second call, another is slow."""
    store = open_empty(None)
    add_together(store, two_days())
    return store


@pytest.fixture(scope="module")
def reader(full: Store) -> Iterator[Reader]:
    """A reader of the same store."""
    reader = Reader(full.engine())
    yield reader
    reader.close()


def rule(**more: str):
    """A rule as a form has it."""
    return draft_of({**TOOLS_FAIL, **more})


@pytest.mark.parametrize(
    ("more", "value", "measured"),
    [
        ({"of": "tool fragile"}, 0.5, 40),
        ({"of": "tool steady"}, 0.1, 40),
        ({"of": "agent boss"}, 0.5, 40),
        ({"of": "tool fragile", "period": "48h"}, 22 / 80, 80),
        ({"of": "tool fragile", "query": "tool:nobody OR tool:steady", "measure": "errors"}, 20.0, 40),
        ({"of": "tool fragile", "query": "id:nobody"}, None, 0),
        ({"of": "agent boss", "measure": "calls"}, 40.0, 40),
        ({"of": "tool nobody", "measure": "calls"}, 0.0, 0),
        ({"of": "model m-1", "measure": "cost"}, 0.808, 40),
        ({"of": "model m-1", "measure": "cost", "aggregate": "mean"}, 0.0202, 40),
        ({"of": "tool slow", "measure": "latency", "threshold": "2s"}, 1.5595, 40),
        ({"of": "tool slow", "measure": "latency", "aggregate": "p50", "threshold": "2s"}, 0.138, 40),
        ({"of": "tool slow", "measure": "latency", "aggregate": "p95", "threshold": "2s"}, 3.0, 40),
        (
            {"of": "tool slow", "measure": "latency", "aggregate": "p95", "query": "tool:nobody OR tool:steady"},
            3.0,
            40,
        ),
        ({"of": "model m-1", "measure": "latency", "aggregate": "p99", "threshold": "2s"}, 0.2, 40),
        ({"of": "tool nobody", "measure": "latency", "aggregate": "p95", "threshold": "2s"}, None, 0),
    ],
)
def test_the_figure_of_one_label_is_exact(
    reader: Reader, more: dict[str, str], value: float | None, measured: int
) -> None:
    """Failures, runs, errors, cost and times of its own calls; a sum is known of none, anything else is not."""
    judged = judge(reader, rule(**{"threshold": "1", **more}), END_NS)
    assert (judged.value, judged.measured) == (None if value is None else pytest.approx(value), measured)
    assert judged.parts == ()


def test_each_label_is_judged_by_itself(reader: Reader) -> None:
    """The rule fires if one does; the worst comes first, and those of too few calls last."""
    judged = judge(reader, rule(), END_NS)
    assert judged[:3] == ("firing", 0.5, 40)
    assert judged.parts == (
        Part("fragile", "firing", 0.5, 40), Part("steady", "ok", 0.1, 40), Part("slow", "ok", 0.0, 40),
    )  # fmt: skip
    below = judge(reader, rule(side="below", threshold="5%"), END_NS)
    assert [(part.label, part.standing) for part in below.parts] == [
        ("slow", "firing"), ("steady", "ok"), ("fragile", "ok"),
    ]  # fmt: skip
    few = judge(reader, rule(least="41"), END_NS)
    assert (few[:3], few.worst, {part.standing for part in few.parts}) == (("no data", None, 120), "", {"no data"})
    assert judge(reader, rule(query="id:nobody"), END_NS)[:3] == ("no data", None, 0)


@pytest.mark.parametrize("kind", ["model", "tool", "agent"])
@pytest.mark.parametrize("measure", OF_LABELS)
def test_an_alert_on_labels_and_a_chart_never_disagree(reader: Reader, kind: str, measure: str) -> None:
    """What each is judged by is its line in the chart over the same time."""
    for aggregate in aggregates_of(kind, measure):
        if aggregate in QUANTILES:
            continue
        wanted = rule(of=f"each {kind}", measure=measure, aggregate=aggregate, threshold="1", least="0")
        judged = judge(reader, wanted, END_NS)
        grid = Grid.into(judged.since_ns, judged.until_ns, 1)
        shown = chart(reader, "", grid, measure=measure, aggregate=aggregate, by=kind)["groups"]
        found = {part.label: part.value for part in judged.parts}
        assert found == {name: pytest.approx(shown[name][0]) for name in shown if name != "(none)"}
        assert found


def test_rules_on_labels_are_read_as_people_write_them() -> None:
    """Of whom, in one text or with the name by itself; the same rule is written again."""
    each = rule()
    assert each.words == "Failure rate of calls of each tool above 20.0% in the last 24h"
    assert (each.least, each.aggregate, each.subject) == (20, "mean", ("tool", None))
    slow = rule(of="model", which=" gpt-4o mini ", measure="latency", aggregate="p95", threshold="5s", least="3")
    assert slow.words == "p95 time of a call of model gpt-4o mini above 5.00 s in the last 24h"
    assert (slow.of, slow.subject, slow.least) == ("model gpt-4o mini", ("model", "gpt-4o mini"), 3)
    assert rule(of="agent each", measure="calls", threshold="1").subject == ("agent", "each")
    assert rule(of="each agent", measure="cost", threshold="$5").least == 0
    assert rule(of="", measure="failed", threshold="1").of == "sessions"
    for draft in (each, slow):
        assert draft_of(fields_of(draft)) == draft


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"of": "tool"}, "which tool\\? A name needs 1 to 300 characters, not 0"),
        ({"of": "tool", "which": "x" * 301}, "not 301"),
        ({"of": "user ada"}, "a rule cannot be of 'user ada'; it can be of: sessions, each model, model, each tool"),
        ({"of": "each user"}, "a rule cannot be of 'each user'"),
        ({"of": "each tool", "which": "search"}, "of 'each tool' none has a name: leave out 'search'"),
        ({"of": "sessions", "measure": "failed", "which": "search"}, "of 'sessions' none has a name"),
        ({"measure": "failed"}, "there is no measure of tools 'failed'; there are: calls, failed_calls, latency"),
        ({"of": "sessions"}, "there is no measure 'failed_calls'; there are: sessions, duration"),
        ({"measure": "latency", "aggregate": "sum", "threshold": "1s"}, "no aggregate of tools' latency 'sum'"),
        ({"of": "each agent", "measure": "cost", "aggregate": "p95"}, "no aggregate of agents' cost 'p95'; there are"),
    ],
)
def test_a_rule_on_labels_that_makes_no_sense_is_refused(more: dict[str, str], says: str) -> None:
    """With a sentence that names what there is."""
    with pytest.raises(AlertError, match=says):
        rule(**more)


def judged_at(at: int, **standings: str) -> Judgement:
    """How labels stand at a moment: those that fire before the others, as judging has them."""
    ranked = sorted(standings.items(), key=lambda one: ("firing", "ok", "no data").index(one[1]))
    parts = tuple(Part(label, standing, 0.5, 40) for label, standing in ranked)
    return Judgement(parts[0].standing if parts else "no data", 0.5, 40, at - DAY_NS, at, parts)


def test_each_label_is_told_of_once(book: Book) -> None:
    """One is over while another fires; a time without data is no change, and what was always well is no news."""
    made = book.add("default", rule(), "ada")
    looks = [
        {"a": "ok", "b": "ok"}, {"a": "firing", "b": "ok"}, {"a": "firing", "b": "firing"}, {"a": "ok", "b": "firing"},
        {"a": "ok"}, {"a": "ok", "b": "no data"}, {"a": "ok", "b": "firing"}, {"b": "ok", "a": "firing"},
    ]  # fmt: skip
    news = [book.record(made, judged_at(at, **look), []) for at, look in enumerate(looks, 1)]
    assert news == [
        [], ["firing (tool a)"], ["firing (tool b)"], ["ok (tool a)"], [], [], [], ["firing (tool a)", "ok (tool b)"],
    ]  # fmt: skip
    found = book.get("default", made.name)
    assert (found.standing, found.since_ns, [one[:2] for one in found.fires]) == ("firing", 7, [("a", 8)])
    assert [(n.of, n.standing, n.time_ns) for n, _ in reversed(book.notices("default"))] == [
        ("tool a", "firing", 2), ("tool b", "firing", 3), ("tool a", "ok", 4), ("tool a", "firing", 8),
        ("tool b", "ok", 8),
    ]  # fmt: skip
    assert book.firing("default") == 1


def test_of_one_rule_ten_are_told_of_at_once(book: Book) -> None:
    """The rest is counted, in the rule and in what people are told, and told when there is room."""
    made = book.add("default", rule(), "ada")
    many = {f"t{number:02}": "firing" for number in range(13)}
    assert book.record(made, judged_at(1, **many), []) == [f"firing (tool t{number:02})" for number in range(10)]
    found = book.get("default", made.name)
    assert (len(found.fires), found.left_out) == (10, 3)
    assert {notice.left_out for notice, _ in book.notices("default")} == {3}
    assert book.record(made, judged_at(2, **many), []) == []
    fewer = many | {"t00": "ok", "t01": "ok"}
    assert book.record(made, judged_at(3, **fewer), []) == [
        "firing (tool t10)", "firing (tool t11)", "ok (tool t00)", "ok (tool t01)",
    ]  # fmt: skip
    assert book.get("default", made.name).left_out == 1


def test_made_up_names_do_not_fill_the_file(book: Book, tmp_path: Path) -> None:
    """Of tools that fired and are never called again, the latest hundred are remembered."""
    made = book.add("default", rule(), "ada")
    for at in range(1, 15):
        book.record(made, judged_at(at, **{f"at{at}t{number}": "firing" for number in range(10)}), [])
    with contextlib.closing(sqlite3.connect(alerts_path(tmp_path))) as file:
        counts = file.execute("SELECT standing, count(*), min(since_ns) FROM told GROUP BY 1").fetchall()
    assert counts == [("firing", 10, 14), ("no data", 100, 4)]


def test_an_edited_rule_on_labels_tells_of_those_that_are_over(book: Book) -> None:
    """Unless it is of something else from now on, or was paused: then it is like a new one."""
    made = book.add("default", rule(), "ada")
    fires = judged_at(1, a="firing", b="firing")
    book.record(made, fires, [])
    edited = book.edit("default", made.name, rule(threshold="60%"))
    assert (edited.standing, edited.fires, edited.worst) == ("", (), "")
    assert book.record(edited, judged_at(2, a="ok", b="firing"), []) == ["ok (tool a)"]
    other = book.edit("default", made.name, rule(of="tool b"))
    assert book.record(other, Judgement("ok", 0.1, 40, 0, 3), []) == []
    assert book.record(other, Judgement("firing", 0.5, 40, 0, 4), []) == ["firing (tool b)"]
    again = book.edit("default", made.name, rule())
    assert book.record(again, judged_at(5, a="firing"), []) == ["firing (tool a)"]
    book.pause("default", made.name)
    resumed = book.pause("default", made.name, is_paused=False)
    assert resumed.fires == ()
    assert book.record(resumed, judged_at(6, a="firing"), []) == ["firing (tool a)"]
    book.remove("default", made.name)
    assert book.rules("default") == []


def test_a_hook_hears_which_tool_and_finds_its_calls(book: Book, full: Store, reader: Reader) -> None:
    """Its name, figure and number of calls in words and as data, and a link to the sessions in which it failed."""
    book.add("default", rule(), "ada")
    book.add("default", rule(name="slow", of="tool slow", measure="latency", aggregate="p95", threshold="2s"), "ada")
    with endpoint() as served:
        watch = Watch(
            book,
            full,
            list,
            destinations=destinations_of([f"{served.url}/hook"]),
            base_url=lambda: "http://127.0.0.1:1",
        )
        for made in book.rules("default"):
            watch.judge_one(made, END_NS)
        watch.tell(END_NS)
        watch.close()
        sent = {request.json["alert"]["of"]: request.json for request in served.received}
    assert set(sent) == {"tool fragile", "tool slow"}
    text, alert = sent["tool slow"]["text"], sent["tool slow"]["alert"]
    assert text.splitlines()[:3] == [
        "*Firing: slow (tool slow)*",
        "p95 time of a call of tool slow above 2.00 s in the last 24h.",
        "Of tool slow it was 3.00 s of 40 calls at 2025-10-09 08:53 UTC, in project default.",
    ]
    text, alert = sent["tool fragile"]["text"], sent["tool fragile"]["alert"]
    assert text.splitlines()[0] == "*Firing: tools fail (tool fragile)*"
    assert (alert["value"], alert["calls"], alert["left_out"], "sessions" in alert) == ("50.0%", 40, 0, False)
    for label, count in (("tool fragile", 20), ("tool slow", 20)):
        query = parse_qs(urlsplit(sent[label]["alert"]["url"]).query)["q"][0]
        assert reader.sessions(query, since_ns=END_NS - DAY_NS, until_ns=END_NS)["total"] == count, query


def test_the_link_asks_for_what_counts_while_it_fires(book: Book) -> None:
    """Within the rule's own query, whatever joins its terms; and for the tool alone when it is over."""
    made = book.add("default", rule(query="tag:a OR tag:b", threshold="1"), "ada")
    links = [sessions_of(made, 0, 1000, standing, "web search") for standing in ("firing", "ok")]
    assert [parse_qs(link)["q"] for link in links] == [
        ['(tag:a OR tag:b) any(kind:tool tool:"web search" status:error)'], ['(tag:a OR tag:b) tool:"web search"'],
    ]  # fmt: skip
    assert parse_qs(sessions_of(made, 0, 1000, "firing"))["q"] == ["tag:a OR tag:b"]


def test_a_rule_on_labels_as_json(book: Book, reader: Reader) -> None:
    """Whose figure it is, of how many calls, and which fire."""
    made = book.add("default", rule(), "ada")
    book.record(made, judge(reader, made, END_NS), [])
    shown = alert_of(book.get("default", made.name))
    assert {key: shown[key] for key in ("of", "state", "value", "sessions", "calls", "worst", "left_out")} == {
        "of": "each tool", "state": "firing", "value": 0.5, "sessions": None, "calls": 40, "worst": "fragile",
        "left_out": 0,
    }  # fmt: skip
    assert shown["firing"] == [
        {"label": "fragile", "value": 0.5, "calls": 40, "since_time": "2025-10-09T08:53:20+00:00"}
    ]


def test_rules_of_an_older_file_go_on(tmp_path: Path) -> None:
    """What they say, how they stand and what was told is as it was; they are of sessions."""
    path = alerts_path(tmp_path)
    script = (files("agentops_dashboard.alerts") / "sql" / "0001_initial.sql").read_text("utf-8")
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as file:
        migrate(file, str(path), {1: script})
        file.execute(
            "INSERT INTO rule (project, name, measure, aggregate, query, period, side, threshold, least, created_ns, "
            "created_by, standing, since_ns, value, measured, judged_ns, said) VALUES ('default', 'old', 'failed', "
            "'mean', '', '1h', 'above', 0.1, 5, 1, 'ada', 'firing', 2, 0.5, 20, 3, 'firing')"
        )
        file.execute(
            "INSERT INTO notice (project, rule_id, name, words, standing, value, measured, sessions, time_ns) "
            "VALUES ('default', 1, 'old', 'words', 'firing', '50.0%', 20, 'q=x', 2)"
        )
    with contextlib.closing(Book(path)) as book:
        old = book.get("default", "old")
        assert (old.of, old.words, old.standing, old.since_ns, old.fires, old.left_out) == (
            "sessions", "Failure rate above 10.0% in the last 1h", "firing", 2, (), 0,
        )  # fmt: skip
        ((notice, _),) = book.notices("default")
        assert (notice.of, notice.sessions, notice.time_ns, notice.left_out) == ("sessions", "q=x", 2, 0)
        assert book.record(old, Judgement("ok", 0.0, 20, 3, 4), []) == ["ok"]
