"""What people are told: a line or two, the same for every way of telling."""

from typing import Any, NamedTuple

from agentops_dashboard import format as write
from agentops_dashboard.alerts.book import Notice
from agentops_dashboard.alerts.rule import FIRING, OK

__all__ = ["Message", "message_of"]


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
    of = f"{write.full_count(notice.measured)} session{'' if notice.measured == 1 else 's'}"
    lines = [
        f"{words}{' – no longer' if is_ok else ''}.",
        f"It was {notice.value} of {of} at {write.absolute_time(moment)[:16]} UTC, in project {notice.project}.",
        *([link] if link else []),
    ]
    data = {
        "id": notice.rule_id, "name": notice.name, "project": notice.project, "state": notice.standing,
        "rule": notice.words, "value": notice.value, "sessions": notice.measured,
        "time": moment.isoformat() if moment else None, "url": link,
    }  # fmt: skip
    return Message(f"{'OK' if is_ok else FIRING.capitalize()}: {name}", lines, data)
