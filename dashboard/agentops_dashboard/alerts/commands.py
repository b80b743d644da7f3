"""The command line's part of the alerts: rules, and judging them once."""

import argparse
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from agentops.errors import AgentOpsError
from agentops_dashboard import format as write
from agentops_dashboard.alerts.book import Book, alerts_path
from agentops_dashboard.alerts.destinations import destinations_of
from agentops_dashboard.alerts.errors import AlertError
from agentops_dashboard.alerts.judging import judge
from agentops_dashboard.alerts.rule import FIRING, PERIODS, Fires, Rule, draft_of, fields_of
from agentops_dashboard.alerts.shape import alert_of
from agentops_dashboard.alerts.subject import CHOICES, SESSIONS
from agentops_dashboard.alerts.told import MOST_AT_ONCE
from agentops_dashboard.alerts.watch import Watch
from agentops_dashboard.local import LocalStore, open_local
from agentops_dashboard.query import QueryError
from agentops_dashboard.reader.charts import AGGREGATES, MEASURES
from agentops_dashboard.server import served_at
from agentops_dashboard.store import DEFAULT_PROJECT, home_directory
from agentops_dashboard.store.opening import STORE_VARIABLE
from agentops_dashboard.terminal.console import open_console
from agentops_dashboard.terminal.json_output import print_json
from agentops_dashboard.terminal.person import person_here
from agentops_dashboard.terminal.plain_table import print_table

__all__ = ["alerts"]

Action = Callable[[Path, argparse.Namespace], int]
_NOT_JUDGED: Final = "not judged"
_EPILOG: Final = """
for example:
  agentops alerts add "too many fail" --measure failed --above 10% --period 1h
  agentops alerts add "dear day" --measure cost --above '$5' --period today
  agentops alerts add "slow" --measure duration --aggregate p95 --above 2m
  agentops alerts add "nothing runs" --measure sessions --below 1 --period 30m
  agentops alerts add "tools fail" --of "each tool" --measure failed_calls --above 20%
  agentops alerts add "slow" --of "model gpt-4o" --measure latency --aggregate p95 --above 10s
  agentops alerts check || echo "one fires"
"""


def alerts(argv: list[str]) -> int:
    """List, add, edit, pause, remove and check alerts."""
    parser = argparse.ArgumentParser(
        prog="agentops alerts",
        description="Alerts: rules about figures of sessions, models, tools and agents. `agentops serve` watches them.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    actions = parser.add_subparsers(metavar="ACTION", required=True)
    _add(actions, "list", "list alerts and how they stand", _list).add_argument(
        "--json", action="store_true", help="print JSON"
    )
    _describe_rule(_add(actions, "add", "watch one more figure", _add_rule), is_new=True)
    edit = _add(actions, "edit", "let one say something else: what is named here is changed", _edit_rule)
    edit.add_argument("--name", dest="new_name", metavar="NEW", help="what to call it from now on")
    _describe_rule(edit, is_new=False)
    for verb, says, action in (
        ("pause", "leave one alone for now", _pausing(is_paused=True)),
        ("resume", "watch it again", _pausing(is_paused=False)),
        ("remove", "drop one", _remove),
    ):
        _add(actions, verb, says, action).add_argument("name", help="its name or its number")
    check = _add(actions, "check", "judge all of them now: exit code 1 if one fires, 2 if one cannot be judged", _check)
    check.add_argument("--tell", action="store_true", help="keep how they stand, and tell whom the environment names")
    check.add_argument("--store", metavar="URL", help=f"where the sessions are; ${STORE_VARIABLE} by default")
    check.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args(argv)
    code: int = options.action(home_directory(), options)
    return code


def _add(actions: Any, name: str, says: str, action: Action) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = actions.add_parser(name, help=says, description=f"{says[0].upper()}{says[1:]}.")
    parser.add_argument("--project", default=DEFAULT_PROJECT, metavar="ID", help=f"whose sessions ({DEFAULT_PROJECT})")
    parser.set_defaults(action=action)
    return parser


def _describe_rule(parser: argparse.ArgumentParser, *, is_new: bool) -> None:
    parser.add_argument("name", help="what to call it" if is_new else "its name or its number")
    whom = f"{', '.join(CHOICES[:-1])} or {CHOICES[-1]} (with a name, as in 'tool search'); {SESSIONS}"
    parser.add_argument("--of", metavar="WHOM", help=whom)
    parser.add_argument("--measure", required=is_new, choices=[*MEASURES], help="what is measured")
    parser.add_argument("--aggregate", choices=AGGREGATES, help="how it is summed up (sum; latency: mean)")
    parser.add_argument("--only", metavar="QUERY", help="which sessions, in the query language; all")
    parser.add_argument("--period", help=f"of which time, such as {', '.join(PERIODS)} (1h)")
    side = parser.add_mutually_exclusive_group(required=is_new)
    side.add_argument("--above", metavar="X", help="fires above this: 10%%, $5, 2m, 1.5k")
    side.add_argument("--below", metavar="X", help="fires below this")
    parser.add_argument("--least", metavar="N", help="of fewer it is not judged (5 sessions, 20 calls; sums: 0)")


def _given(options: argparse.Namespace) -> dict[str, str]:
    """What the options say of a rule, as ``draft_of`` reads it."""
    side = "above" if options.above is not None else "below" if options.below is not None else None
    given = {
        "of": options.of, "measure": options.measure, "aggregate": options.aggregate,
        "query": options.only, "period": options.period, "side": side, "least": options.least,
        "threshold": options.below if options.above is None else options.above,
    }  # fmt: skip
    return {name: text for name, text in given.items() if text is not None}


@contextmanager
def _book(home: Path, project: str) -> Iterator[Book]:
    _require_project(home, project)
    with closing(Book(alerts_path(home))) as book:
        yield book


def _list(home: Path, options: argparse.Namespace) -> int:
    with _book(home, options.project) as book:
        found = book.rules(options.project)
    if options.json:
        print_json({"alerts": [alert_of(rule) for rule in found]})
    elif not found:
        print('There is no alert yet. Run: agentops alerts add "too many fail" --measure failed --above 10%')
    else:
        _print_rules(found)
    return 0


def _print_rules(rules: list[Rule]) -> None:
    rows = [
        (
            str(rule.id), rule.name, rule.words, _state(rule), MEASURES[rule.measure].text(rule.value),
            write.relative_time(write.moment_of(rule.since_ns)).removesuffix(" ago"),
        )
        for rule in rules
    ]  # fmt: skip
    print_table(open_console(), ("ID", "NAME", "RULE", "STATE", "NOW", "SINCE"), rows)


def _state(rule: Rule) -> str:
    if rule.is_paused:
        return "paused"
    more = [one.label for one in rule.fires] + ([f"{rule.left_out} more"] if rule.left_out else [])
    said = ", ".join(filter(None, (*more, rule.problem)))
    return (rule.standing or _NOT_JUDGED) + (f" ({said})" if said else "")


def _add_rule(home: Path, options: argparse.Namespace) -> int:
    draft = draft_of({"name": options.name} | _given(options))
    with _book(home, options.project) as book:
        rule = book.add(options.project, draft, person_here())
    _note(home, options.project, "alert.added", rule.name)
    print(f"Alert {rule.id} is watched: {rule.words}.")
    if served_at(home) is None:
        print("No dashboard runs. To watch it: agentops serve; to look once: agentops alerts check")
    return 0


def _edit_rule(home: Path, options: argparse.Namespace) -> int:
    changes = _given(options) | ({} if options.new_name is None else {"name": options.new_name})
    if not changes:
        raise AlertError(f"nothing to change. Name it, as in: agentops alerts edit {options.name!r} --above 10%")
    with _book(home, options.project) as book:
        draft = draft_of(fields_of(book.get(options.project, options.name)) | changes)
        rule = book.edit(options.project, options.name, draft)
    _note(home, options.project, "alert.edited", rule.name)
    print(f"Alert {rule.id} is changed: {rule.words}.")
    return 0


def _pausing(*, is_paused: bool) -> Action:
    def act(home: Path, options: argparse.Namespace) -> int:
        with _book(home, options.project) as book:
            rule = book.pause(options.project, options.name, is_paused=is_paused)
        _note(home, options.project, "alert.paused" if is_paused else "alert.resumed", rule.name)
        print(f"Alert {rule.name} is {'paused' if is_paused else 'watched again'}.")
        return 0

    return act


def _remove(home: Path, options: argparse.Namespace) -> int:
    with _book(home, options.project) as book:
        rule = book.remove(options.project, options.name)
    _note(home, options.project, "alert.removed", rule.name)
    print(f"Alert {rule.name} is removed.")
    return 0


def _check(home: Path, options: argparse.Namespace) -> int:
    with (
        _book(home, options.project) as book,
        open_local(home, store_url=options.store, project=options.project) as local,
    ):
        rules = [rule for rule in book.rules(options.project) if not rule.is_paused]
        if options.tell:
            _tell(book, local, rules)
            judged = [rule for rule in book.rules(options.project) if not rule.is_paused]
        else:
            judged = [_judged(local, rule) for rule in rules]
    if options.json:
        print_json({"alerts": [alert_of(rule) for rule in judged]})
    elif not judged:
        print('There is no alert to judge. Run: agentops alerts add "too many fail" --measure failed --above 10%')
    else:
        _print_rules(judged)
    return 1 if any(rule.is_firing for rule in judged) else 2 if any(rule.problem for rule in judged) else 0


def _tell(book: Book, local: LocalStore, rules: list[Rule]) -> None:
    """Do what a server does, once."""
    watch = Watch(book, local.store, list, destinations=destinations_of(), base_url=lambda: served_at(local.home) or "")
    with closing(watch):
        for rule in rules:
            watch.judge_one(rule, time.time_ns())
        watch.tell()


def _judged(local: LocalStore, rule: Rule) -> Rule:
    """The rule as it stands now, which is kept nowhere: whoever looks does not change what others are told."""
    now_ns = time.time_ns()
    try:
        judged = judge(local.reader, rule, now_ns)
    except QueryError as error:
        return replace(rule, standing="", value=None, measured=None, problem=error.message, fires=())
    since_ns = rule.since_ns if judged.standing == rule.standing else now_ns
    firing = [part for part in judged.parts if part.standing == FIRING]
    known = {one.label: one.since_ns for one in rule.fires}
    fires = [Fires(part.label, known.get(part.label, now_ns), part.value or 0.0, part.measured) for part in firing]
    return replace(
        rule, standing=judged.standing, since_ns=since_ns, value=judged.value, measured=judged.measured,
        judged_ns=now_ns, problem="", worst=judged.worst, fires=tuple(fires[:MOST_AT_ONCE]),
        left_out=len(fires[MOST_AT_ONCE:]),
    )  # fmt: skip


def _require_project(home: Path, project: str) -> None:
    """Refuse a project that the server's accounts do not know; without accounts there is one."""
    with _accounts(home) as accounts:
        if accounts is not None:
            accounts.projects.get(project)
        elif project != DEFAULT_PROJECT:
            raise AgentOpsError(f"there is no project {project[:80]!r}; there is: {DEFAULT_PROJECT}.")


def _note(home: Path, project: str, action: str, target: str) -> None:
    """Put it on the record, where one is kept."""
    with _accounts(home) as accounts:
        if accounts is not None:
            from agentops_dashboard.accounts import Actor

            accounts.audit.add(Actor(person_here()), action, target, project)


@contextmanager
def _accounts(home: Path) -> Iterator[Any]:
    """The accounts of a server with a login; None where there never was one. They need an extra of their own."""
    if not (home / "accounts.sqlite").exists():
        yield None
        return
    try:
        from agentops_dashboard.accounts import Accounts, accounts_path
    except ModuleNotFoundError as error:
        raise AgentOpsError(
            f"the accounts in {home} need the package {error.name!r}; run: pip install 'agentops[server]'"
        ) from error
    with closing(Accounts(accounts_path(home))) as accounts:
        yield accounts
