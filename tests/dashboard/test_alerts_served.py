"""Alerts on the pages, over the API and on the command line of a dashboard without a login."""

import json
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from fastapi.testclient import TestClient

from agentops.cli import main
from agentops_dashboard.alerts import Watch, destinations_of, draft_of
from agentops_dashboard.app import create_app
from agentops_dashboard.store import SQLiteStore, store_path
from agentops_dashboard.store.sqlite import store as sqlite_store
from tests.dashboard.conftest import add_to, generate
from tests.endpoint import endpoint

RULE = {"name": "too many fail", "measure": "failed", "threshold": "10%", "period": "24h"}


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home directory with ten sessions of the last minutes, all of which failed."""
    store = SQLiteStore(store_path(tmp_path))
    end_ns = time.time_ns() - 60_000_000_000
    made = generate.Generator(1, generate.Profile(end_ns=end_ns, spans=8, spread_s=300)).sessions(10, state="error")
    for _, lines in made:
        add_to(store, lines)
    store.close()
    return tmp_path


@pytest.fixture
def client(home: Path) -> Iterator[TestClient]:
    """The dashboard over it; nobody is told."""
    with TestClient(create_app(home, with_importer=False), base_url="http://127.0.0.1") as client:
        yield client


def judge_all(client: TestClient) -> None:
    """What the background thread does every half a minute."""
    state = client.app.state  # type: ignore[attr-defined]
    watch = Watch(state.alerts, state.store, lambda: ["default"])
    watch.judge_due()
    watch.close()


def test_an_alert_is_made_and_fires_on_the_page(client: TestClient) -> None:
    """The form makes it, the mark in the navigation of every page counts it, and a link leads to the sessions."""
    assert client.post("/alerts", data=RULE, follow_redirects=False).headers["location"] == "/alerts"
    assert "Not judged yet" in client.get("/alerts").text
    judge_all(client)
    page = client.get("/alerts").text
    assert "Firing" in page
    assert "Failure rate above 10.0% in the last 24h, from 5 sessions on" in page
    for path in ("/sessions", "/analytics", "/settings", "/alerts"):
        assert re.search(r'id="firing">1<span class="sr"> firing', client.get(path).text), path
    (link,) = set(re.findall(r'href="(/sessions\?sort=-errors[^"]+)"', page))
    assert re.search(r'id="total"[^>]*>10<', client.get(link.replace("&amp;", "&")).text)
    (chart,) = set(re.findall(r'href="(/analytics\?charts=[^"#]+)', page))
    assert "Failure rate" in client.get(chart.replace("&amp;", "&")).text
    assert client.get("/api/v1/health").json()["alerts_firing"] == 1
    client.post("/alerts/pause", data={"id": "1", "paused": "1"})
    assert 'id="firing" hidden>0' in client.get("/sessions").text
    client.post("/alerts/remove", data={"id": "1"})
    assert "Nothing is watched yet" in client.get("/alerts").text


def test_a_mistake_leaves_the_form_as_it_was_filled_in(client: TestClient) -> None:
    """400, the sentence, and what was typed, as text."""
    answer = client.post("/alerts", data=RULE | {"name": "<b>x", "threshold": "much", "query": 'tag:"a'})
    assert answer.status_code == 400
    assert "The query" in answer.text
    assert "cannot be understood" in answer.text
    assert 'value="&lt;b&gt;x"' in answer.text
    assert 'value="much"' in answer.text
    assert client.get("/api/v1/alerts").json() == {"alerts": []}
    assert client.post("/alerts/remove", data={"id": "7"}).status_code == 400


def test_an_alert_is_edited_in_its_place(client: TestClient) -> None:
    """Its link fills the form with what it says; a mistake leaves what was typed; the rule keeps its number."""
    client.post("/alerts", data=RULE)
    judge_all(client)
    (link,) = re.findall(r'href="(/alerts\?edit=1)#new"', client.get("/alerts").text)
    form = client.get(link).text
    assert "Edit too many fail" in form
    assert all(f'value="{text}"' in form for text in ("too many fail", "10%", "5"))
    assert '<option value="24h" selected>' in form
    wrong = client.post("/alerts/edit", data=RULE | {"id": "1", "threshold": "much"})
    assert (wrong.status_code, wrong.text.count('value="much"'), "Edit too many fail" in wrong.text) == (400, 1, True)
    changed = RULE | {"id": "1", "name": "half fail", "threshold": "50%"}
    assert client.post("/alerts/edit", data=changed, follow_redirects=False).headers["location"] == "/alerts"
    page = client.get("/alerts").text
    assert "Failure rate above 50.0% in the last 24h" in page
    assert "Not judged yet" in page
    (alert,) = client.get("/api/v1/alerts").json()["alerts"]
    assert (alert["id"], alert["name"], alert["threshold"]) == (1, "half fail", 0.5)
    for data in (changed | {"id": "7"}, RULE):
        assert client.post("/alerts/edit", data=data).status_code == 400
    assert "Edit" not in client.get("/alerts?edit=7").text.partition('id="new"')[2].partition("<form")[0]


def test_an_alert_is_edited_over_http(client: TestClient) -> None:
    """PUT replaces what the rule says; what cannot be understood and what is not there are told apart."""
    alert = client.post("/api/v1/alerts", json=RULE).json()
    put = f"/api/v1/alerts/{alert['id']}"
    changed = client.put(put, json=RULE | {"threshold": "50%", "query": "errors:>0"})
    assert (changed.status_code, changed.json()) == (
        200,
        alert
        | {
            "threshold": 0.5,
            "query": "errors:>0",
            "rule": "Failure rate above 50.0% in the last 24h, only errors:>0",
        },
    )
    assert client.put(put, json=RULE | {"threshold": "much"}).status_code == 422
    assert client.put("/api/v1/alerts/7", json=RULE).status_code == 404


def test_an_alert_on_each_tool_says_which_ones_fire(client: TestClient) -> None:
    """On the page each with its figure and the way to its sessions; over HTTP as data; edited to one tool."""
    rule = {"name": "tools", "of": "each tool", "measure": "calls", "threshold": "0", "period": "24h"}
    made = client.post("/api/v1/alerts", json=rule).json()
    assert (made["of"], made["aggregate"], made["firing"], made["rule"]) == (
        "each tool", "sum", [], "Calls of each tool above 0 in the last 24h",
    )  # fmt: skip
    judge_all(client)
    (alert,) = client.get("/api/v1/alerts").json()["alerts"]
    tools = client.get("/api/v1/analytics/tables").json()["tool"]
    assert {one["label"]: one["calls"] for one in alert["firing"]} == {one["label"]: one["calls"] for one in tools}
    worst = tools[0]["label"]
    assert (alert["worst"], alert["value"], alert["sessions"]) == (worst, tools[0]["calls"], None)
    page = client.get("/alerts").text
    links = [link.replace("&amp;", "&") for link in re.findall(r'href="(/sessions\?q=tool[^"]+)"', page)]
    assert re.search(rf'id="total"[^>]*>{tools[0]["sessions"]}<', client.get(links[0]).text)
    (chart,) = set(re.findall(r'href="(/analytics\?charts=[^"#]+)', page))
    assert "by tool" in client.get(chart.replace("&amp;", "&")).text
    form = {"id": str(alert["id"]), "name": "one", "of": "tool", "which": worst, "measure": "latency",
            "aggregate": "p95", "threshold": "1ms"}  # fmt: skip
    assert client.post("/alerts/edit", data=form, follow_redirects=False).status_code == 303
    page = client.get("/alerts?edit=1").text
    assert f"p95 time of a call of tool {worst} above 1.0 ms in the last 1h, from 20 calls on" in page
    assert '<option value="tool" selected>' in page
    assert f'name="which" value="{worst}"' in page
    (chart,) = set(re.findall(r'href="(/analytics\?q=[^"#]+)', page))
    assert "by=tool.tool" in chart
    wrong = client.post("/alerts", data=form | {"which": ""})
    assert (wrong.status_code, "Which tool? A name needs" in wrong.text) == (400, True)


def test_other_sites_pages_make_no_alert(client: TestClient) -> None:
    """As with every change of a dashboard without a login."""
    answer = client.post("/alerts", data=RULE, headers={"Origin": "https://evil.example"})
    assert (answer.status_code, client.get("/api/v1/alerts").json()) == (403, {"alerts": []})


def test_a_chart_leads_to_an_alert_on_it(client: TestClient) -> None:
    """The link beside a chart of one's own fills the form with its measure and its query within the page's."""
    page = client.get("/analytics?q=errors:>0&charts=cost.p95.user.line.tag%3Abeta").text
    (link,) = re.findall(r'href="(/alerts\?[^"#]+)#new" title="Alert on this"', page)
    form = client.get(link.replace("&amp;", "&")).text
    assert '<option value="cost" selected>' in form
    assert "<option selected>p95</option>" in form
    assert 'value="errors:&gt;0 tag:beta"' in form


def test_a_tool_in_the_analytics_leads_to_an_alert_on_it(client: TestClient) -> None:
    """The bell in its row fills the form with its name; that of a chart of calls by tool, with each tool."""
    page = client.get(
        "/analytics?q=errors:>0&whole=1&charts=failed_calls.mean.tool.line.|latency.mean.agent.line."
    ).text
    links = [link.replace("&amp;", "&") for link in re.findall(r'href="(/alerts\?[^"#]+)#new"', page)]
    of = [parse_qs(urlsplit(link).query)["of"][0] for link in links]
    assert of[:2] == ["each tool", "each agent"]
    assert set(of[2:]) == {"model", "tool", "agent"}
    link = links[of.index("tool")]
    name = parse_qs(urlsplit(link).query)["which"][0]
    form = client.get(link).text
    assert f'name="name" value="Failure rate of calls of tool {name}"' in form
    assert f'name="which" value="{name}"' in form
    assert '<option value="failed_calls" selected>' in form
    assert 'value="errors:&gt;0"' in form
    assert 'value="Mean time of a call of each agent"' in client.get(links[1]).text


def test_the_server_judges_and_tells_in_the_background(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With nobody looking: a rule that is there at the start is told to whom the server was started with."""
    monkeypatch.setattr("agentops_dashboard.alerts.watch._EVERY_S", 0.01)
    with endpoint() as served:
        app = create_app(home, with_importer=False, destinations=destinations_of([served.url + "/hook"]))
        app.state.alerts.add("default", draft_of(RULE), "ada")
        app.state.url = "http://127.0.0.1:8632"
        with TestClient(app, base_url="http://127.0.0.1") as client:
            served.wait_for(lambda endpoint: endpoint.received)
            page = client.get("/alerts").text
        assert [request.json["alert"]["state"] for request in served.received] == ["firing"]
    assert "here, and to 127.0.0.1" in page
    assert served.received[0].json["alert"]["url"].startswith("http://127.0.0.1:8632/sessions?sort=-errors&from=")


def test_a_rule_that_takes_too_long_is_given_up(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """The page says so and what can be done; the other pages answer."""
    monkeypatch.setattr(sqlite_store, "_STEPS_BETWEEN_LOOKS", 1)
    state = client.app.state  # type: ignore[attr-defined]
    rule = state.alerts.add("default", draft_of(RULE), "ada")
    watch = Watch(state.alerts, state.store, lambda: ["default"], limit_s=0.0)
    assert watch.judge_one(rule, time.time_ns()) is None
    watch.close()
    assert "It could not be judged: it took longer than 0 s. Choose a shorter period" in client.get("/alerts").text
    assert client.get("/sessions").status_code == 200


@pytest.fixture
def run(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]
) -> Callable[..., object]:
    """Run a command; returns exit code, standard output and standard error."""
    monkeypatch.setenv("AGENTOPS_HOME", str(home))
    monkeypatch.setenv("COLUMNS", "80")

    def start(*argv: str) -> tuple[int, str, str]:
        code = main(["alerts", *argv])
        captured = capsysbinary.readouterr()
        return code, captured.out.decode(), captured.err.decode()

    return start


def test_rules_are_made_listed_and_dropped_in_a_terminal(run: Callable[..., tuple[int, str, str]]) -> None:
    """Readable in 80 columns; JSON is what the API says."""
    assert run("list")[1].startswith("There is no alert yet. Run: agentops alerts add")
    code, out, _ = run("add", "too many fail", "--measure", "failed", "--above", "10%", "--only", "errors:>0")
    assert (code, out.splitlines()[0]) == (
        0, "Alert 1 is watched: Failure rate above 10.0% in the last 1h, only errors:>0.",
    )  # fmt: skip
    run("add", "slow " * 15, "--measure", "duration", "--aggregate", "p95", "--above", "2m", "--period", "today")
    _, table, _ = run("list")
    assert max(map(len, table.splitlines())) <= 80
    assert "not judged" in table
    listed = json.loads(run("list", "--json")[1])["alerts"]
    assert [(one["name"][:8], one["threshold"], one["least"]) for one in listed] == [
        ("slow slo", 120.0, 5), ("too many", 0.1, 5),
    ]  # fmt: skip
    assert run("edit", "2", "--name", "slow", "--below", "90s")[1] == (
        "Alert 2 is changed: p95 duration below 1m 30s today (UTC).\n"
    )
    assert run("edit", "slow", "--measure", "cost")[2].startswith("agentops: threshold needs a value")
    assert run("edit", "slow")[::2] == (
        2, "agentops: nothing to change. Name it, as in: agentops alerts edit 'slow' --above 10%\n",
    )  # fmt: skip
    assert run("pause", "too many fail")[1] == "Alert too many fail is paused.\n"
    assert json.loads(run("list", "--json")[1])["alerts"][1]["paused"]
    assert run("resume", "1")[1] == "Alert too many fail is watched again.\n"
    assert run("remove", "1")[1] == "Alert too many fail is removed.\n"
    assert run("remove", "1")[::2] == (2, "agentops: there is no alert '1'. To list them, run: agentops alerts list\n")
    assert run("add", "x", "--measure", "cost", "--above", "much")[2].startswith("agentops: threshold needs a value")
    assert run("list", "--project", "other")[2] == "agentops: there is no project 'other'; there is: default.\n"


def test_check_says_by_its_exit_code_whether_one_fires(run: Callable[..., tuple[int, str, str]]) -> None:
    """0, 1 and 2; it judges what is recorded now, and keeps and tells nothing."""
    assert run("check")[0] == 0
    run("add", "fine", "--measure", "failed", "--below", "10%")
    code, out, _ = run("check")
    assert (code, "ok" in out, max(map(len, out.splitlines())) <= 80) == (0, True, True)
    run("add", "fails", "--measure", "failed", "--above", "10%")
    code, out, _ = run("check", "--json")
    assert code == 1
    assert [(one["name"], one["state"], one["value"], one["sessions"]) for one in json.loads(out)["alerts"]] == [
        ("fails", "firing", 1.0, 10), ("fine", "ok", 1.0, 10),
    ]  # fmt: skip
    assert [one["state"] for one in json.loads(run("list", "--json")[1])["alerts"]] == [None, None]
    run("pause", "fails")
    assert run("check")[0] == 0


def test_check_names_the_tools_that_fire(run: Callable[..., tuple[int, str, str]]) -> None:
    """In the table and as JSON, as a server would say it; one that is edited keeps of whom it is."""
    run("add", "tools", "--of", "each tool", "--measure", "calls", "--above", "0")
    code, out, _ = run("check", "--json")
    (alert,) = json.loads(out)["alerts"]
    assert (code, alert["state"], alert["worst"]) == (1, "firing", alert["firing"][0]["label"])
    assert alert["firing"][0]["calls"] == alert["value"] == alert["calls"]
    assert alert["firing"][0]["label"] in run("check")[1]
    assert json.loads(run("list", "--json")[1])["alerts"][0]["firing"] == []
    assert run("edit", "tools", "--of", "tool search", "--below", "1")[1] == (
        "Alert 1 is changed: Calls of tool search below 1 in the last 1h.\n"
    )
    assert run("edit", "tools", "--of", "sessions")[2].startswith("agentops: there is no measure 'calls'")


def test_check_tells_whom_the_environment_names(
    run: Callable[..., tuple[int, str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With --tell it does once what a server does, so a second time it tells nothing."""
    run("add", "fails", "--measure", "failed", "--above", "10%")
    with endpoint() as served:
        monkeypatch.setenv("AGENTOPS_ALERT_URL", served.url + "/hook")
        assert [run("check", "--tell")[0] for _ in range(3)] == [1, 1, 1]
        assert [request.json["alert"]["state"] for request in served.received] == ["firing"]
    assert json.loads(run("list", "--json")[1])["alerts"][0]["state"] == "firing"


def test_serve_refuses_destinations_that_cannot_be_used(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    """Before it listens, with a sentence."""
    monkeypatch.setenv("AGENTOPS_HOME", str(home))
    assert main(["serve", "--alert-url", "ftp://example.com"]) == 2
    assert b"the alert URL 'ftp://exampl'" in capsysbinary.readouterr().err
