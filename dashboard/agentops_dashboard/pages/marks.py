"""A text that somebody looks for, marked in HTML as it is shown: counted, coloured, and unfolded."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import unescape
from itertools import islice
from typing import Final

from markupsafe import Markup, escape

__all__ = ["MOST_MARKS", "MOST_SOUGHT", "Sought", "marked"]

MOST_SOUGHT: Final = 200
"""So many characters of a text are looked for."""

MOST_MARKS: Final = 200
"""So many marks are made in one piece of HTML; what comes after them is not counted."""

_TOKENS: Final = re.compile(r"""<(?:[^<>"']|"[^"]*"|'[^']*')*>|[^<]+|<""")
_TAG: Final = re.compile(r"<(/?)([a-z0-9]+)")
_WORDS: Final = re.compile(r"[^\W_]+")
_BETWEEN: Final = r"(?:\\(?:[nrtbf]|u00[01][0-9a-f])|[\W_])*"
_UNSHOWN: Final = ("](", "][", "&")
"""Where a Markdown text has links and character references, there is more between its words than is shown."""

_INLINE: Final = frozenset({"a", "b", "code", "del", "em", "i", "mark", "s", "span", "strong"})
_EMPTY: Final = frozenset({"br", "hr", "img", "input", "use"})
_ASIDE: Final = re.compile(r'\sdata-aside\b|\sclass="(?:[^"]*\s)?(?:badge|cut|dim|faint|preview|sr|step-meta)[\s"]')
"""What a page says of a content: how long it is, how long it took, its beginning once more."""


class Sought:
    """The text that is looked for: whatever the case of its letters, and any white space where it has some."""

    def __init__(self, text: str) -> None:
        self.text = " ".join(text[:MOST_SOUGHT].split())
        folded = self.text.casefold()
        self._words = _WORDS.findall(folded)
        self._signs = set(re.sub(r'[\w\s"\\]', "", folded))
        self._pattern = re.compile(r"\s+".join(map(re.escape, folded.split())))
        self._raw_pattern = re.compile(_BETWEEN.join(self._words))
        self._may_be_escaped = not folded.isascii()

    def may_be_in(self, folded: str) -> bool:
        """Whether the text may be in what is shown of case-folded JSON with texts and Markdown in it.

        Words and signs stand in there as they are shown; what is between words may be written in another way.
        """
        if self._may_be_escaped and "\\u" in folded:
            return True
        if not all(part in folded for part in (*self._words, *self._signs)):
            return "&" in folded and all(word in folded for word in self._words)
        is_near = len(self._words) < 2 or self._raw_pattern.search(folded) is not None
        return is_near or any(sign in folded for sign in _UNSHOWN)

    def places_in(self, text: str) -> Iterator[tuple[int, int]]:
        """Where the text begins and ends, from left to right."""
        folded = text.casefold()
        origin = None if len(folded) == len(text) else _origin(text)
        for match in self._pattern.finditer(folded):
            start, end = match.span()
            yield (start, end) if origin is None else (origin[start], origin[end - 1] + 1)


def _origin(text: str) -> list[int]:
    """Which character each one of the case-folded text comes from: some become several."""
    return [at for at, char in enumerate(text) for _ in char.casefold()]


@dataclass(slots=True)
class _Run:
    """Text that is read in one go: pieces with the numbers of their tokens, and what must be open to see it."""

    numbers: list[int] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    folds: tuple[int, ...] = ()


def marked(html: str, sought: Sought, here: int | None = None) -> tuple[Markup, int]:
    """HTML with the text marked wherever it is shown, and what it is folded away in opened.

    Args:
        html: Well-formed HTML, made by a template.
        sought: What is looked for.
        here: Which of the marks gets the id ``here``.

    Returns:
        The HTML, and how many marks are in it, ``MOST_MARKS`` at the most.
    """
    tokens = _TOKENS.findall(html)
    opened: set[int] = set()
    marks: dict[int, list[tuple[int, int, bool]]] = {}
    texts: dict[int, str] = {}
    found = ((run, place) for run in _runs(tokens) for place in sought.places_in("".join(run.texts)))
    count = 0
    for count, (run, (start, end)) in enumerate(islice(found, MOST_MARKS), 1):
        opened.update(run.folds)
        _lay_over(run, start, end, marks, texts, is_here=count - 1 == here)
    for number, stretches in marks.items():
        tokens[number] = _with_marks(texts[number], stretches)
    for number in opened:
        tag = tokens[number]
        tokens[number] = tag if tag.endswith(" open>") or " open " in tag else f"{tag[:-1]} open>"
    return Markup("".join(tokens)), count


def _runs(tokens: list[str]) -> Iterator[_Run]:
    run = _Run()
    stack: list[tuple[str, int]] = []
    aside: list[int] = []
    for number, token in enumerate(tokens):
        tag = _TAG.match(token)
        if tag is None:
            if not aside:
                run.folds = run.folds if run.texts else _folds(stack)
                run.numbers.append(number)
                run.texts.append(unescape(token))
            continue
        name = tag[2]
        if name not in _INLINE or aside or _ASIDE.search(token):
            if run.texts:
                yield run
            run = _Run()
        if tag[1]:
            if stack:
                _, opening = stack.pop()
                if aside and aside[-1] == opening:
                    aside.pop()
        elif name not in _EMPTY and not token.endswith("/>"):
            stack.append((name, number))
            if _ASIDE.search(token):
                aside.append(number)
    if run.texts:
        yield run


def _folds(stack: list[tuple[str, int]]) -> tuple[int, ...]:
    """The numbers of the folded parts around; one whose own summary this is may stay closed."""
    names = [name for name, _ in stack]
    return tuple(
        number for at, (name, number) in enumerate(stack) if name == "details" and names[at + 1 : at + 2] != ["summary"]
    )


def _lay_over(
    run: _Run,
    start: int,
    end: int,
    marks: dict[int, list[tuple[int, int, bool]]],
    texts: dict[int, str],
    *,
    is_here: bool,
) -> None:
    """Share out a stretch of a run among its pieces; the first one is where one gets to."""
    before = 0
    for number, text in zip(run.numbers, run.texts, strict=True):
        first, last = max(start - before, 0), min(end - before, len(text))
        if first < last:
            texts[number] = text
            marks.setdefault(number, []).append((first, last, is_here))
            is_here = False
        before += len(text)


def _with_marks(text: str, stretches: list[tuple[int, int, bool]]) -> str:
    parts, before = [], 0
    for first, last, is_here in stretches:
        parts += [
            escape(text[before:first]),
            Markup('<mark id="here">' if is_here else "<mark>"),
            escape(text[first:last]),
            Markup("</mark>"),
        ]
        before = last
    return str(Markup().join([*parts, escape(text[before:])]))
