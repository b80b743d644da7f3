"""One session in a terminal: its head, and its tree with durations, tokens, cost and errors."""

from dataclasses import dataclass

from rich.console import Console
from rich.text import Text

from agentops.semconv import SpanKind, SpanStatus, State
from agentops_dashboard import format as write
from agentops_dashboard.reader import Heading, Session, Span, TreeRow, TreeWindow
from agentops_dashboard.semantics.finish_reasons import CUT_OFF
from agentops_dashboard.terminal.console import KIND_STYLES, STATUS_MARKS, safe, state_text

__all__ = ["print_session", "print_tree"]

_DEEPEST_INDENT = 12
_BAR_WIDTH = 12
_FIGURES_WIDTH = 26
_LEAST_PREVIEW = 4


def print_session(console: Console, session: Session) -> None:
    """Print what the session as a whole says: name, state, figures, tags, and what is missing."""
    head = Text(safe(session["name"]), style="bold").append("  ").append_text(state_text(session["state"]))
    tokens, cost, counts = session["tokens"], session["cost"], session["counts"]
    figures = [
        write.duration(session["duration_ms"]) if session["duration_ms"] is not None else "",
        _several(counts["agents"], "agent"),
        _several(counts["llm"], "LLM call"),
        _several(counts["tools"], "tool call"),
        _several(counts["errors"], "error"),
        f"{write.count(tokens['total'])} tokens" if tokens else "",
        write.money(cost["amount"]) if cost else "",
    ]
    console.print(head)
    console.print(Text(" · ".join(figure for figure in figures if figure)))
    facts = [session["id"], session["start_time"][:19].replace("T", " ") + " UTC"]
    if session["user"]:
        facts.append(f"user {safe(session['user'])}")
    console.print(Text(" · ".join(facts), style="dim"))
    if session["tags"]:
        console.print(Text("tags " + ", ".join(safe(tag) for tag in session["tags"]), style="dim"))
    for line in _warnings(session):
        console.print(Text(line, style="yellow"))


def _several(number: int, word: str) -> str:
    return "" if number == 0 else f"{number} {word}{'' if number == 1 else 's'}"


def _warnings(session: Session) -> list[str]:
    lines = []
    if session["missing"]:
        lines.append(f"Incomplete: {_several(session['missing'], 'event')} never arrived.")
    if session["state"] == State.ABANDONED:
        lines.append("The program stopped without ending this session: it crashed or was killed.")
    if session["counts"]["swallowed"]:
        lines.append(f"{_several(session['counts']['swallowed'], 'error')} returned by tools as if all were well.")
    if session["unpriced_calls"]:
        lines.append(f"{_several(session['unpriced_calls'], 'model call')} without a known price.")
    return lines


@dataclass(frozen=True, slots=True)
class _Scale:
    """Where a bar stands: the session's first and last moment."""

    start_ns: int
    end_ns: int

    def bar(self, span: Span) -> str:
        """A bar of ``_BAR_WIDTH`` cells that shows when the span ran."""
        whole = max(self.end_ns - self.start_ns, 1)
        end_ns = self.end_ns if span["end_ns"] is None else span["end_ns"]
        first = int((span["start_ns"] - self.start_ns) / whole * _BAR_WIDTH)
        last = int((end_ns - self.start_ns) / whole * _BAR_WIDTH + 0.999)
        first = min(max(first, 0), _BAR_WIDTH - 1)
        last = min(max(last, first + 1), _BAR_WIDTH)
        return " " * first + "━" * (last - first) + " " * (_BAR_WIDTH - last)


def print_tree(console: Console, window: TreeWindow, *, is_left: bool = False) -> None:
    """Print the rows of a tree, a line each, and below a failed span where the error began what it says.

    Args:
        console: Where to.
        window: The rows.
        is_left: The session was abandoned: what is still open will never end.
    """
    rows = window["rows"]
    if not rows:
        return
    spans = [row["span"] for row in rows if "span" in row]
    scale = _Scale(
        min((s["start_ns"] for s in spans), default=0), max((s["end_ns"] or s["start_ns"] for s in spans), default=0)
    )
    failed_parents = {s["parent_id"] for s in spans if s["status"] == SpanStatus.ERROR}
    guides: list[bool] = []
    for row in rows:
        if "detached" in row:
            console.print(_heading(row))
            guides = [False]
            continue
        del guides[row["depth"] :]
        indent = _indent(guides, row)
        guides.append(row["position"] < row["siblings"] - 1)
        console.print(_line(console.width, indent, row, scale, is_left=is_left))
        span = row["span"]
        message = span["swallowed_error"] or _error_text(span, began_here=span["id"] not in failed_parents)
        if message:
            lead = "".join("│ " if goes_on else "  " for goes_on in guides[1:][-_DEEPEST_INDENT:]) + "  "
            console.print(
                Text(lead, style="dim").append(write.one_line(safe(message), console.width - len(lead)), "red")
            )
    rest = window["total"] - window["offset"] - len(rows)
    if rest > 0:
        console.print(Text(f"… {write.full_count(rest)} more rows; see them with --all", style="dim"))


def _heading(row: Heading) -> Text:
    line = Text(f"Detached · {write.lost_parents(row['detached'])}", style="yellow")
    return line.append(f" +{row['descendants']}", style="dim") if row["is_collapsed"] else line


def _indent(guides: list[bool], row: TreeRow) -> str:
    if row["depth"] == 0:
        return ""
    shown = guides[1:][-_DEEPEST_INDENT:]
    is_last = row["position"] == row["siblings"] - 1
    return "".join("│ " if goes_on else "  " for goes_on in shown) + ("└ " if is_last else "├ ")


def _error_text(span: Span, *, began_here: bool) -> str:
    error = span["error"]
    if error is None or span["status"] != SpanStatus.ERROR or not began_here:
        return ""
    return ": ".join(part for part in (error["type"], error["message"]) if part)


def _line(width: int, indent: str, row: TreeRow, scale: _Scale, *, is_left: bool) -> Text:
    span = row["span"]
    figures = _figures(span, is_left=is_left)
    bar = scale.bar(span) if width >= 100 else ""
    room = width - len(figures) - (len(bar) + 1 if bar else 0) - 1
    line = Text(indent, style="dim")
    style = KIND_STYLES.get(span["kind"], "")
    line.append(f"{span['kind']} ", style=f"{style} dim" if style != "bold" else "dim")
    marks = _marks(row, is_left=is_left)
    title = Text(safe(_title(span)), style=style)
    title.truncate(max(room - line.cell_len - marks.cell_len, 4), overflow="ellipsis")
    line.append_text(title).append_text(marks)
    if span["preview"] and span["kind"] != SpanKind.SESSION and line.cell_len + _LEAST_PREVIEW < room:
        line.append("  " + safe(span["preview"]), style="dim")
    line.truncate(room, overflow="ellipsis", pad=True)
    if bar:
        line.append(" ").append(bar, style="red" if span["status"] == SpanStatus.ERROR else style or "blue")
    line.append(" ").append(figures)
    line.rstrip()
    return line


def _marks(row: TreeRow, *, is_left: bool) -> Text:
    """What stands behind a name, however long it is."""
    span = row["span"]
    marks = Text()
    status = SpanStatus.UNFINISHED if is_left and span["status"] == SpanStatus.RUNNING else span["status"]
    mark = STATUS_MARKS.get(status)
    if mark is not None:
        marks.append(f" {mark[0]}", style=mark[1])
    if span["swallowed_error"]:
        marks.append(" ⚠", style="yellow")
    if span["finish_reason"] in CUT_OFF:
        marks.append(" ✂ cut off", style="yellow")
    if (span["attempt"] or 1) > 1:
        marks.append(f" attempt {span['attempt']}", style="yellow")
    if row["is_collapsed"] and row["descendants"]:
        marks.append(f" +{row['descendants']}", style="dim")
    return marks


def _title(span: Span) -> str:
    """The name without the operation in front, which the kind says already."""
    known = {SpanKind.AGENT: span["agent"], SpanKind.TOOL: span["tool"], SpanKind.LLM: span["model"]}
    return known.get(span["kind"]) or span["name"]


def _figures(span: Span, *, is_left: bool) -> str:
    open_for = "no end" if is_left else "running"
    duration = open_for if span["end_ns"] is None else write.duration((span["end_ns"] - span["start_ns"]) / 1e6)
    tokens = write.count(span["tokens"]["total"]) if span["tokens"] else ""
    cost = write.money(span["cost"]["amount"] if span["cost"] else None) if tokens or span["cost"] else ""
    return f"{duration:>9} {tokens:>6} {cost:>8}"[-_FIGURES_WIDTH:]
