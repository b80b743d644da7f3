"""The columns of the list as the address names them."""

import pytest

from agentops_dashboard.pages.columns import COLUMNS, chosen_columns, columns_text, with_chosen

DEFAULT = [column.key for column in COLUMNS if column.is_default]


@pytest.mark.parametrize(
    ("wanted", "keys", "widths"),
    [
        ("", DEFAULT, {}),
        ("name", DEFAULT, {}),
        ("no-such,also-not~9", DEFAULT, {}),
        ("cost,state", ["name", "cost", "state"], {}),
        ("cost~120,name,state~7", ["cost", "name", "state"], {"cost": 120, "state": 40}),
        ("cost~-5,name~99999999,state~\u0665", ["cost", "name", "state"], {}),
    ],
)
def test_columns_come_in_the_order_and_width_asked_for(wanted: str, keys: list[str], widths: dict[str, int]) -> None:
    """What makes no sense is passed over, the session's name is always there, widths stay within bounds."""
    columns = chosen_columns(wanted)
    assert [column.key for column in columns] == keys
    assert {column.key: column.width for column in columns if column.width} == widths


def test_choosing_keeps_the_order_that_was_there() -> None:
    """Shown columns keep place and width, what was taken out is gone, new ones come last."""
    text = with_chosen("cost~120,name,state", ["cost", "id", "user"])
    assert text == "cost~120,name,user,id"
    assert columns_text(chosen_columns(text)) == text
