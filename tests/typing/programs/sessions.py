"""A session's parts have types of their own, by whichever way it was begun."""

from typing import Any

from typing_extensions import assert_type

import agentops
from agentops import Session

assert_type(agentops.init(api_key="YOUR_API_KEY", tags=["production"]), Session | None)

session = agentops.start_session(tags=["customer-query", "high-priority"])
assert_type(session, Session)
assert_type(session.id, str)
assert_type(session.name, str)
assert_type(session.tags, list[str])
assert_type(session.metadata, dict[str, Any])
assert_type(session.state, str)
session.add_tags(["late"])
session.add_tags({"env": "prod"})
session.end("success")

with agentops.start_session() as inner:
    assert_type(inner, Session)


async def main() -> None:
    async with agentops.start_session() as other:
        assert_type(other, Session)
