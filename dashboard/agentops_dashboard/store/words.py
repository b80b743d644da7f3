"""Words in one normal form, for engines without a full-text index of SQLite's kind."""

import unicodedata

__all__ = ["normal_words"]

_IS_WORD = frozenset({"L", "N"})


def normal_words(text: str) -> str:
    """Return the words of a text in lower case and without accents, each between single spaces; empty without words.

    Letters and digits make words, as in SQLite's ``unicode61``. A phrase is in a text if its normal form is.
    """
    if text.isascii():
        plain = "".join([char if char.isalnum() else " " for char in text.lower()])
    else:
        spread = unicodedata.normalize("NFD", text.lower())
        plain = "".join([_part(char) for char in spread])
    words = plain.split()
    return f" {' '.join(words)} " if words else ""


def _part(char: str) -> str:
    category = unicodedata.category(char)
    if category == "Mn":
        return ""
    return char if category[0] in _IS_WORD or category == "Co" else " "
