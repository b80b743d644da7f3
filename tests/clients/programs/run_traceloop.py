"""A LangChain agent in a Traceloop workflow."""

import sys

from traceloop.sdk import Traceloop
from traceloop.sdk.decorators import workflow

Traceloop.init(app_name="shop", api_endpoint=sys.argv[1], disable_batch=True, telemetry_enabled=False)

from shop_agent import answer  # noqa: E402 (instrumented when it is imported)


@workflow(name="support")
def support():
    Traceloop.set_association_properties({"session_id": "chat-9", "user_id": "grace"})
    return answer()


support()
