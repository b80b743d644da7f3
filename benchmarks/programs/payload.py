"""Text such as models read and write; a run of one letter would be a special case for every search."""

WORDS = (
    "The customer asks whether order 4711 has shipped; the warehouse reports 'packed' since 09:14, and the page of the "
    "carrier says nothing yet. I will check the tracking number, then answer in two sentences, and offer a refund of "
    "12.50 EUR.\n"
)


def payloads(count: int, size: int) -> list[str]:
    """Return up to 100 different texts of this many characters."""
    text = WORDS * (size // len(WORDS) + 1)
    return [f"{number:08}{text}"[:size] for number in range(min(count, 100) or 1)]
