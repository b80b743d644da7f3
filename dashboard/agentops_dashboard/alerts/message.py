"""What people are told: a line or two, the same for every way of telling."""

from typing import Any, NamedTuple

from agentops_dashboard import format as write
from agentops_dashboard.alerts.book import Notice
from agentops_dashboard.alerts.rule import FIRING, OK
from agentops_dashboard.alerts.subject import SESSIONS, count_text, subject_of
from agentops_dashboard.alerts.told import MOST_AT_ONCE

__all__ = ["Message", "left_out_text", "message_of"]


class Message(NamedTuple):
    """What a notice says: a title of one line, lines below it, and the same as data."""

    title: str
    lines: list[str]
    data: dict[str, Any]


def message_of(notice: Notice, base_url: str) -> Message:
    """Put a notice into words.

    Args:
        notice: What happened.
        base_url: Where the dashboard is; empty: nobody knows, and there is no link.
    """
    is_ok = notice.standing == OK
    moment = write.moment_of(notice.time_ns)
    # Names are people's, and go to terminals, chats and headers of mails.
    name, words = write.visible(write.one_line(notice.name)), write.visible(write.one_line(notice.words, 400))
    link = f"{base_url}/sessions?{notice.sessions}" if base_url else None
    whose = "" if notice.of == SESSIONS else write.visible(write.one_line(notice.of, 200))
    figure = f"{notice.value} of {count_text(notice.of, notice.measured)}"
    when = f"{write.absolute_time(moment)[:16]} UTC, in project {notice.project}"
    lines = [
        f"{words}{' – no longer' if is_ok else ''}.",
        f"{f'Of {whose} it' if whose else 'It'} was {figure} at {when}.",
        *([left_out_text(subject_of(notice.of).kind, notice.left_out)] if notice.left_out else []),
        *([link] if link else []),
    ]
    data = {
        "id": notice.rule_id, "name": notice.name, "project": notice.project, "state": notice.standing,
        "rule": notice.words, "value": notice.value, "of": notice.of,
        "sessions" if notice.of == SESSIONS else "calls": notice.measured, "left_out": notice.left_out,
        "time": moment.isoformat() if moment else None, "url": link,
    }  # fmt: skip
    title = f"{'OK' if is_ok else FIRING.capitalize()}: {name}"
    return Message(f"{title} ({whose})" if whose else title, lines, data)


def left_out_text(kind: str, left_out: int) -> str:
    """How many more models, tools or agents fire than people are told of."""
    more = f"{write.full_count(left_out)} more {kind}{'' if left_out == 1 else 's'}"
    fire = "fires" if left_out == 1 else "fire"
    return f"{more} {fire} too; of one alert people are told of {MOST_AT_ONCE} at once."
