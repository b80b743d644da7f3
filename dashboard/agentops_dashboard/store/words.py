"""Words in one normal form, for engines without a full-text index of SQLite's kind."""

import unicodedata

__all__ = ["normal_words"]

_IS_WORD = frozenset({"L", "N"})
_MOST_KNOWN = 20_000
_ASCII = bytes(code if chr(code).isalnum() else ord(" ") for code in range(128)) + bytes(128)


def normal_words(text: str) -> str:
    """Return the words of a text in lower case and without accents, each between single spaces; empty without words.

    Letters and digits make words, as in SQLite's ``unicode61``. A phrase is in a text if its normal form is.
    """
    if text.isascii():
        plain = text.lower().encode("ascii").translate(_ASCII).decode("ascii")
    else:
        plain = unicodedata.normalize("NFD", text.lower()).translate(_parts)
    words = plain.split()
    return f" {' '.join(words)} " if words else ""


class _Parts(dict[int, str]):
    """What becomes of characters, by their numbers: looked up when one is met, and remembered."""

    def __missing__(self, code: int) -> str:
        if len(self) >= _MOST_KNOWN:
            self.clear()
        part = self[code] = _part(chr(code))
        return part


def _part(char: str) -> str:
    category = unicodedata.category(char)
    if category == "Mn":
        return ""
    return char if category[0] in _IS_WORD or category == "Co" else " "


_parts = _Parts()
