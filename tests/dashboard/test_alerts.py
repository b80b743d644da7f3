"""Alerts: how rules are read and judged, what is told, and that it is told once."""

import contextlib
import logging
import sqlite3
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from agentops.errors import ConfigurationError
from agentops_dashboard.alerts import AlertError, Book, Watch, alerts_path, destinations_of, draft_of, fields_of
from agentops_dashboard.alerts.judging import Judgement, judge
from agentops_dashboard.reader import Reader
from agentops_dashboard.reader.charts import AGGREGATES, OF_SESSIONS, chart
from agentops_dashboard.reader.grid import Grid
from agentops_dashboard.store import Store
from tests.dashboard.conftest import END_NS, add_together, generate
from tests.endpoint import endpoint
from tests.mail_server import mail_server

HOUR_NS = 3_600_000_000_000
FAILING = {"name": "too many fail", "measure": "failed", "threshold": "30%", "period": "24h"}


@pytest.fixture(scope="module")
def full(open_empty: Callable[[Path | None], Store]) -> Store:
    """A store of ten sessions that succeeded and ten that failed, all within an hour."""
    store = open_empty(None)
    for seed, state in ((1, "success"), (2, "error")):
        made = generate.Generator(seed, generate.Profile(end_ns=END_NS, spans=8, spread_s=3000))
        add_together(store, [line for _, lines in made.sessions(10, state=state) for line in lines])
    return store


@pytest.fixture(scope="module")
def reader(full: Store) -> Iterator[Reader]:
    """A reader of the same store."""
    reader = Reader(full.engine())
    yield reader
    reader.close()


@pytest.fixture
def watch_with(book: Book, full: Store) -> Iterator[Callable[..., Watch]]:
    """Makes a watch that tells these destinations."""
    with contextlib.ExitStack() as made:

        def make(*destinations: object, **more: object) -> Watch:
            base_url = lambda: "http://127.0.0.1:8632"  # noqa: E731
            watch = Watch(book, full, lambda: ["default"], destinations=destinations, base_url=base_url, **more)
            made.callback(watch.close)
            return watch

        yield make


def rule(**more: str):
    """A rule as a form has it."""
    return draft_of({**FAILING, **more})


@pytest.mark.parametrize(
    ("more", "standing", "measured"),
    [
        ({}, "firing", 20),
        ({"threshold": "50"}, "ok", 20),
        ({"threshold": "50", "side": "below"}, "ok", 20),
        ({"threshold": "50.1%", "side": "below"}, "firing", 20),
        ({"query": "status:success"}, "ok", 10),
        ({"query": "status:error", "least": "10"}, "firing", 10),
        ({"query": "status:error", "least": "11"}, "no data", 10),
        ({"query": "tag:nobody"}, "no data", 0),
        ({"query": "tag:nobody", "least": "0"}, "no data", 0),
        ({"measure": "sessions", "threshold": "19"}, "firing", 20),
        ({"measure": "sessions", "threshold": "20"}, "ok", 20),
        ({"measure": "sessions", "threshold": "1", "side": "below", "query": "tag:nobody"}, "firing", 0),
        ({"measure": "cost", "threshold": "$0", "query": "tag:nobody"}, "ok", 0),
        ({"measure": "duration", "aggregate": "p95", "threshold": "1ms"}, "firing", 20),
        ({"measure": "duration", "aggregate": "p95", "threshold": "90d"}, "ok", 20),
        ({"measure": "score", "threshold": "50%"}, "no data", 0),
    ],
)
def test_a_rule_is_judged_by_its_figure(reader: Reader, more: dict[str, str], standing: str, measured: int) -> None:
    """Above, below, at the threshold itself, of too few, of none; a sum is known of none as well."""
    judged = judge(reader, rule(**more), END_NS + 1_000)
    assert (judged.standing, judged.measured) == (standing, measured)
    assert judge(reader, rule(**more), END_NS + 1_000) == judged


def test_a_period_ends_at_the_moment_of_judging(reader: Reader) -> None:
    """What started before it or later does not count; today begins at midnight."""
    assert judge(reader, rule(period="1h"), END_NS + 2 * HOUR_NS)[:3] == ("no data", None, 0)
    assert judge(reader, rule(period="3h"), END_NS + 2 * HOUR_NS)[:3] == ("firing", 0.5, 20)
    since_ns, until_ns = rule(period="today").bounds(END_NS)
    assert (since_ns % (24 * HOUR_NS), until_ns) == (0, END_NS)
    assert 0 < until_ns - since_ns < 24 * HOUR_NS


@pytest.mark.parametrize("measure", OF_SESSIONS)
@pytest.mark.parametrize("aggregate", AGGREGATES)
def test_an_alert_and_a_chart_never_disagree(reader: Reader, measure: str, aggregate: str) -> None:
    """The figure that is judged is the chart's value over one interval of the same time."""
    wanted = rule(measure=measure, aggregate=aggregate, threshold="1", period="24h", query="errors:>0")
    judged = judge(reader, wanted, END_NS + 1_000)
    grid = Grid.into(judged.since_ns, judged.until_ns, 1)
    shown = chart(reader, "errors:>0", grid, measure=measure, aggregate=aggregate)
    assert ([judged.value], [judged.measured]) == (shown["groups"]["all"], shown["measured"]["all"])


def test_rules_are_read_as_people_write_them() -> None:
    """Thresholds in the figure's unit, the default of how many, and the rule as a sentence."""
    written = {
        "failed": ("10%", 0.1, "Failure rate above 10.0% in the last 24h", 5),
        "success": ("90", 0.9, "Success rate above 90.0% in the last 24h", 5),
        "cost": ("$5", 5.0, "Cost above $5.00 in the last 24h", 0),
        "duration": ("2m", 120.0, "Duration above 2m 00s in the last 24h", 0),
        "tokens": ("1.5k", 1500.0, "Tokens above 1,500 in the last 24h", 0),
    }
    for measure, (threshold, value, words, least) in written.items():
        made = rule(measure=measure, threshold=threshold)
        assert (made.threshold, made.words, made.least) == (pytest.approx(value), words, least)
    slow = rule(measure="duration", aggregate="p95", threshold="2", period="today", query=" tag:beta  user:ada ")
    assert slow.words == "p95 duration above 2.00 s today (UTC), only tag:beta user:ada"
    assert slow.least == 5


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"name": " "}, "a name needs 1 to 100 characters, not 0"),
        ({"measure": "nope"}, "there is no measure 'nope'; there are: sessions, duration, cost"),
        ({"measure": "cost", "aggregate": "median"}, "there is no aggregate 'median'"),
        ({"query": "stauts:error"}, "the query 'stauts:error' cannot be understood"),
        ({"query": "x" * 1001}, "at most 1000 characters"),
        ({"period": "10s"}, "a period needs 1m to 90d"),
        ({"period": "soon"}, "period needs a value such as 300ms, 2m or 1h, not 'soon'"),
        ({"side": "beside"}, "there is no side 'beside'"),
        ({"threshold": "much"}, "threshold needs a value such as 20 or 1.5k, not 'much'"),
        ({"threshold": "nan"}, "threshold needs a value"),
        ({"threshold": "-1%"}, "threshold needs a value"),
        ({"least": "1.5"}, "needs a whole number"),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused(more: dict[str, str], says: str) -> None:
    """With a sentence that names the value."""
    with pytest.raises(AlertError, match=says):
        rule(**more)


def judged_as(standing: str, at: int, value: float | None = 0.5) -> Judgement:
    """How a rule stands at a moment."""
    return Judgement(standing, value, 20, at - HOUR_NS, at)


def test_each_change_is_told_once(book: Book) -> None:
    """To firing and back; a time without data between is no change, and a first look at what is well no news."""
    made = book.add("default", rule(), "ada")
    standings = ["ok", "ok", "firing", "firing", "no data", "firing", "no data", "ok", "no data", "ok", "firing"]
    news = [book.record(made, judged_as(standing, at), []) for at, standing in enumerate(standings, 1)]
    assert news == [[], [], ["firing"], [], [], [], [], ["ok"], [], [], ["firing"]]
    assert [(n.standing, n.value, n.measured, n.time_ns) for n, _ in book.notices("default")] == [
        ("firing", "50.0%", 20, 11), ("ok", "50.0%", 20, 8), ("firing", "50.0%", 20, 3),
    ]  # fmt: skip
    assert (book.get("default", made.name).standing, book.get("default", made.name).since_ns) == ("firing", 11)


def test_two_processes_tell_a_change_once(tmp_path: Path) -> None:
    """Of eight that judge the same rule at once, one notes the change, and one of them gets to tell it."""
    books = [Book(alerts_path(tmp_path)) for _ in range(8)]
    made = books[0].add("default", rule(), "ada")
    (destination,) = destinations_of(["http://127.0.0.1:9/"])
    start = threading.Barrier(len(books))
    news, claims = [], []

    def look(book: Book, at: int) -> None:
        start.wait()
        news.append(book.record(made, judged_as("firing", at), [destination.recipient]))
        start.wait()
        claims.append(book.claim(destination.recipient.key, 100, 0, 50))

    threads = [threading.Thread(target=look, args=(book, at)) for at, book in enumerate(books, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(news) == [*[[]] * 7, ["firing"]]
    assert sum(claim is not None for claim in claims) == 1
    assert len(books[0].notices("default")) == 1
    for book in books:
        book.close()


def test_rules_are_kept_paused_and_removed(book: Book, tmp_path: Path) -> None:
    """By name or number, in one project and no other, also in another process; a paused one is new when it goes on."""
    made = book.add("default", rule(), "ada")
    with contextlib.closing(Book(alerts_path(tmp_path))) as again:
        assert again.rules("default") == [made]
        assert again.rules("other") == []
        with pytest.raises(AlertError, match="there is an alert 'too many fail' already"):
            again.add("default", rule(), "grace")
        other = again.add("other", rule(), "grace")
    book.record(made, judged_as("firing", 5), [])
    assert (book.firing("default"), book.firing("other")) == (1, 0)
    assert book.pause("default", made.name).is_paused
    assert book.firing("default") == 0
    assert book.record(made, judged_as("ok", 6), []) == []
    assert book.pause("default", str(made.id), is_paused=False).standing == ""
    assert book.record(made, judged_as("firing", 7), []) == ["firing"]
    for name in (str(other.id), "nope"):
        with pytest.raises(AlertError, match="there is no alert"):
            book.remove("default", name)
    assert book.remove("default", made.name).id == made.id
    assert (book.rules("default"), len(book.rules("other"))) == ([], 1)


def test_an_edited_rule_is_judged_anew(book: Book) -> None:
    """It keeps its number and what people were told last; a judgement of what it said before is not taken for one."""
    made = book.add("default", rule(), "ada")
    book.record(made, judged_as("firing", 5), [])
    renamed = book.edit("default", made.name, rule(name="half fail"))
    assert (renamed.id, renamed.name, renamed.standing, renamed.since_ns) == (made.id, "half fail", "firing", 5)
    edited = book.edit("default", "half fail", rule(name="half fail", threshold="60%", period="6h"))
    assert (edited.threshold, edited.period, edited.standing, edited.value, edited.judged_ns) == (
        0.6, "6h", "", None, None,
    )  # fmt: skip
    assert book.record(renamed, judged_as("ok", 6), []) == []
    assert book.get("default", "half fail").standing == ""
    assert book.record(edited, judged_as("ok", 7, 0.5), []) == ["ok"]
    book.add("default", rule(), "ada")
    with pytest.raises(AlertError, match="there is an alert 'too many fail' already"):
        book.edit("default", "half fail", rule())
    with pytest.raises(AlertError, match="there is no alert"):
        book.edit("other", "half fail", rule())


@pytest.mark.parametrize(
    ("measure", "threshold"),
    [
        ("failed", "7%"), ("failed", "0.35%"), ("cost", "$5"), ("cost", "$0.000001"), ("duration", "2m"),
        ("duration", "1h30m"), ("duration", "2.5s"), ("duration", "350ms"), ("tokens", "1500"), ("errors", "0"),
        ("duration", "2d"),
    ],
)  # fmt: skip
def test_what_a_rule_says_is_written_as_it_was(measure: str, threshold: str) -> None:
    """The fields of a form or a command that change it give the same rule again."""
    draft = rule(measure=measure, threshold=threshold, least="3")
    assert fields_of(draft)["threshold"] == threshold
    assert draft_of(fields_of(draft)) == draft


def test_a_project_has_a_hundred_rules_at_most(book: Book) -> None:
    """The next one is refused with a sentence."""
    for number in range(100):
        book.add("default", rule(name=str(number)), "ada")
    with pytest.raises(AlertError, match="at most 100 alerts"):
        book.add("default", rule(), "ada")


def test_a_hook_gets_the_words_and_the_facts(book: Book, watch_with: Callable[..., Watch]) -> None:
    """One POST when it fires and one when it is over: a text that asks Slack for nothing, and the same as data."""
    book.add("default", rule(name="<!channel> & co"), "ada")
    with endpoint() as served:
        watch = watch_with(*destinations_of([f"{served.url}/hook"]))
        for at in (END_NS + 1_000, END_NS + 2_000, END_NS + 24 * HOUR_NS):
            (made,) = book.rules("default")
            watch.judge_one(made, at)
            watch.tell(END_NS + 2_000)
            watch.tell(END_NS + 2_000)
        assert len(served.received) == 1
        assert book.get("default", "1").standing == "no data"
        (sent,) = served.received
    assert sent.path == "/hook"
    assert sent.json["text"].splitlines()[0] == "*Firing: &lt;!channel&gt; &amp; co*"
    url = (
        "http://127.0.0.1:8632/sessions?sort=-errors&from=2025-10-08T08%3A53%3A20.000001Z"
        "&to=2025-10-09T08%3A53%3A20.000001Z&project=default"
    )
    assert sent.json["text"].splitlines()[1:] == [
        "Failure rate above 30.0% in the last 24h.",
        "It was 50.0% of 20 sessions at 2025-10-09 08:53 UTC, in project default.",
        url.replace("&", "&amp;"),
    ]
    assert sent.json["alert"] == {
        "id": 1, "name": "<!channel> & co", "project": "default", "state": "firing",
        "rule": "Failure rate above 30.0% in the last 24h", "value": "50.0%", "of": "sessions", "sessions": 20,
        "left_out": 0,
        "time": "2025-10-09T08:53:20.000001+00:00", "url": url,
    }  # fmt: skip
    ((_, (delivery,)),) = book.notices("default")
    assert (delivery.label, delivery.told_ns is not None, delivery.tries) == ("127.0.0.1", True, 1)


def test_who_is_down_is_told_later_and_in_order(
    book: Book, full: Store, watch_with: Callable[..., Watch], caplog: pytest.LogCaptureFixture
) -> None:
    """Also after a restart: first that it fired, then that it is over. Others do not wait; the file says why not."""
    made = book.add("default", rule(query="status:error"), "ada")
    with endpoint() as up, endpoint() as down:
        down.answers += [(500, {}, b"not today")]
        down_url = f"{down.url}/services/SECRET"
        destinations = destinations_of([down_url, f"{up.url}/up"])
        watch = watch_with(*destinations)
        with caplog.at_level(logging.WARNING):
            watch.judge_one(made, END_NS + 1_000)
            watch.tell(END_NS + 2_000)
        assert (len(down.received), len(up.received)) == (1, 1)
        assert "could not be told of the alert 'too many fail': it answered 500" in caplog.text
        assert "SECRET" not in caplog.text
        waiting = {d.tries: d for d in book.notices("default")[0][1] if d.told_ns is None}
        assert waiting[1].problem == "it answered 500"
        book.record(made, judged_as("ok", END_NS + 2_000, 0.1), [one.recipient for one in destinations])
        watch.tell(END_NS + 2_000)
        assert (len(down.received), len(up.received)) == (1, 2)
        again = Watch(book, full, list, destinations=destinations)
        again.tell(END_NS + HOUR_NS)
        again.tell(END_NS + HOUR_NS)
        again.close()
        assert [request.json["alert"]["state"] for request in down.received] == ["firing", "firing", "ok"]
        assert len(up.received) == 2
    assert all(d.told_ns for _, deliveries in book.notices("default") for d in deliveries)


def test_what_nobody_took_for_a_day_is_given_up(book: Book, watch_with: Callable[..., Watch]) -> None:
    """Nobody wants to hear on Monday what was over on Saturday; and a URL is said without its path."""
    made = book.add("default", rule(), "ada")
    with endpoint() as gone:
        url = f"{gone.url}/services/SECRET"
    watch = watch_with(*destinations_of([url]))
    watch.judge_one(made, END_NS + 1_000)
    watch.tell(END_NS + 2_000)
    ((_, (delivery,)),) = book.notices("default")
    assert delivery.problem == "it cannot be reached (ConnectionError)"
    watch.tell(END_NS + 25 * HOUR_NS)
    ((_, (delivery,)),) = book.notices("default")
    assert (delivery.tries, delivery.told_ns) == (1, None)


def test_mail_is_sent(book: Book, watch_with: Callable[..., Watch]) -> None:
    """One letter, with a subject of one line whatever the rule is called, and the words below it."""
    made = book.add("default", rule(name="f\u00fcnf\x07 fail"), "ada")
    with mail_server() as server:
        url = f"smtp://127.0.0.1:{server.port}?from=agentops@example.com"
        watch = watch_with(*destinations_of([], ["ada@example.com"], url))
        watch.judge_one(made, END_NS + 1_000)
        watch.tell(END_NS + 2_000)
        watch.tell(END_NS + 2_000)
    (letter,) = server.letters
    assert (letter["From"], letter["To"]) == ("agentops@example.com", "ada@example.com")
    assert letter["Subject"] == "[agentops] Firing: f\u00fcnf\u27e8U+0007\u27e9 fail"
    assert "Failure rate above 30.0% in the last 24h." in letter.get_payload(decode=True).decode()


def test_a_password_is_not_sent_in_the_open(book: Book, watch_with: Callable[..., Watch]) -> None:
    """A mail server without TLS gets neither it nor the letter, and the file says why."""
    made = book.add("default", rule(), "ada")
    with mail_server() as server:
        url = f"smtp://me:secret@127.0.0.1:{server.port}"
        watch = watch_with(*destinations_of([], ["ada@example.com"], url))
        watch.judge_one(made, END_NS + 1_000)
        watch.tell(END_NS + 2_000)
    ((_, (delivery,)),) = book.notices("default")
    assert delivery.problem == "it offers no TLS, so it is not given the password"
    assert server.letters == []
    assert not any(b"secret" in line or b"AUTH" in line for line in server.lines)


def test_a_mail_server_that_refuses_is_said(book: Book, watch_with: Callable[..., Watch]) -> None:
    """With its own words; the letter waits."""
    made = book.add("default", rule(), "ada")
    with mail_server(refuses=b"550 no such user") as server:
        watch = watch_with(*destinations_of([], ["ada@example.com"], f"smtp://127.0.0.1:{server.port}"))
        watch.judge_one(made, END_NS + 1_000)
        watch.tell(END_NS + 2_000)
    ((_, (delivery,)),) = book.notices("default")
    assert "no such user" in delivery.problem
    assert (server.letters, delivery.told_ns) == ([], None)


def test_a_rule_that_cannot_be_judged_stands_as_it_stood(
    book: Book, watch_with: Callable[..., Watch], caplog: pytest.LogCaptureFixture
) -> None:
    """Its query is no longer understood: the file and the log say so, nobody is told, and others are judged."""
    made, other = book.add("default", rule(), "ada"), book.add("default", rule(name="other"), "ada")
    watch = watch_with()
    watch.judge_one(made, END_NS + 1_000)
    broken = replace(made, query="stauts:error")
    with caplog.at_level(logging.WARNING):
        assert watch.judge_one(broken, END_NS + 2_000) is None
    found = book.get("default", made.name)
    assert (found.standing, found.since_ns) == ("firing", END_NS + 1_000)
    assert found.problem.startswith("its query cannot be understood")
    assert "'too many fail' of project 'default' cannot be judged: its query" in caplog.text
    assert watch.judge_one(other, END_NS + 2_000) is not None
    watch.judge_one(found, END_NS + 3_000)
    assert book.get("default", made.name).problem == ""
    assert [notice.name for notice, _ in book.notices("default")] == ["other", "too many fail"]


def test_a_rule_rests_and_a_paused_one_is_left_alone(book: Book, watch_with: Callable[..., Watch]) -> None:
    """Looked at again at once, nothing is asked; of two rules, the paused one is not judged."""
    first, second = book.add("default", rule(name="a"), "ada"), book.add("default", rule(name="b"), "ada")
    book.add("other", rule(name="c"), "ada")
    book.pause("default", second.name)
    watch = watch_with()
    watch.judge_due()
    judged_ns = book.get("default", first.name).judged_ns
    assert judged_ns is not None
    watch.judge_due()
    assert book.get("default", first.name).judged_ns == judged_ns
    assert [one.judged_ns for one in (book.get("default", "b"), book.get("other", "c"))] == [None, None]


@pytest.mark.parametrize(
    ("urls", "addresses", "smtp", "says"),
    [
        (["ftp://example.com"], [], None, "cannot be used: it needs a scheme and a host"),
        (["https://"], [], None, "cannot be used"),
        (["http://example.com:x/SECRET"], [], None, "the alert URL 'http://examp'… cannot be used"),
        ([], ["ada"], "smtp://localhost", "'ada' is no address of mail"),
        ([], ["a@b\nBcc: c@d"], "smtp://localhost", "is no address of mail"),
        ([], ["ada@example.com"], None, "needs a server: set AGENTOPS_SMTP_URL="),
        ([], ["ada@example.com"], "http://localhost", "AGENTOPS_SMTP_URL cannot be used"),
    ],
)
def test_destinations_that_cannot_be_used_are_refused_at_the_start(
    monkeypatch: pytest.MonkeyPatch, urls: list[str], addresses: list[str], smtp: str | None, says: str
) -> None:
    """With a sentence that gives no secret away."""
    monkeypatch.delenv("AGENTOPS_SMTP_URL", raising=False)
    with pytest.raises(ConfigurationError, match=says) as refused:
        destinations_of(urls, addresses, smtp)
    assert "SECRET" not in str(refused.value)


def test_the_environment_names_who_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no option does; each once, and people see of a hook its host alone."""
    monkeypatch.setenv("AGENTOPS_ALERT_URL", "https://hooks.example.com/SECRET http://u:p@127.0.0.1:1/x")
    monkeypatch.setenv("AGENTOPS_ALERT_MAIL", "ada@example.com ada@example.com")
    monkeypatch.setenv("AGENTOPS_SMTP_URL", "smtps://me:p%40ss@mail.example.com")
    found = destinations_of()
    assert [one.recipient.label for one in found] == ["hooks.example.com", "127.0.0.1", "ada@example.com"]
    assert "p@ss" not in repr(found)
    assert len(destinations_of(["https://one.example.com/"])) == 2


def test_a_rule_that_cannot_be_read_does_not_keep_others_from_being_judged(
    book: Book, watch_with: Callable[..., Watch], tmp_path: Path
) -> None:
    """One of a measure that only another version knows: it says so, and the rule behind it is judged."""
    first, second = book.add("default", rule(name="a"), "me"), book.add("default", rule(name="b", period="90d"), "me")
    with contextlib.closing(sqlite3.connect(alerts_path(tmp_path))) as file, file:
        file.execute("UPDATE rule SET measure = 'mood' WHERE id = ?", (first.id,))
    watch_with().judge_due()
    assert "this version cannot read it (KeyError)" in book.get("default", str(first.id)).problem
    judged = book.get("default", str(second.id))
    assert (judged.problem, judged.judged_ns is None) == ("", False)
