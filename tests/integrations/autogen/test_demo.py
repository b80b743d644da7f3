"""The demo is what the documentation shows."""

import asyncio
import textwrap

from agentops.testing import Recording
from agentops_autogen import demo
from tests.house import ROOT
from tests.integrations.autogen.runs import check


def test_the_page_shows_the_demos_tree(recorded: Recording) -> None:
    """What the page says was recorded is what is recorded."""
    answer = asyncio.run(demo.run())
    assert answer.startswith("7.4 % of checkouts failed")
    page = (ROOT / "docs" / "integrations" / "autogen.md").read_text()
    shown = textwrap.indent(check(recorded).replace("session default", "session incident desk"), "    ")
    assert shown in page
