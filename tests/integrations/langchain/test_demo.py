"""The demo: one program, run in three ways, is one tree."""

import pytest

from agentops.semconv import Span as Attr
from agentops.testing import Recording
from agentops_langchain import demo
from tests.integrations.langchain.trees import expect


@pytest.mark.parametrize("mode", ["sync", "async", "stream"])
def test_demo(mode: str, recorded: Recording) -> None:
    """Agents contain their calls, parallel tools are siblings, the failed tool is marked and its retry numbered."""
    assert demo.run(mode) == demo.ANSWER
    expect(
        recorded,
        """
        session default
          workflow customer_support
            operation load_customer
            agent support_desk
              llm gpt-4o
              tool ask_order_clerk
                agent order_clerk
                  llm gpt-4o-mini
                  tool get_order
                  tool track_shipment
                  llm gpt-4o-mini
              llm gpt-4o
              tool ask_refund_expert
                agent refund_expert
                  llm gpt-4o-mini
                  tool search_policies
                    retriever PolicyRetriever
                  llm gpt-4o-mini
                  tool quote_refund [error TimeoutError]
                  tool quote_refund
                  llm gpt-4o-mini
              llm gpt-4o
            operation close_case
        """,
        parallel=("tool get_order", "tool track_shipment"),
    )
    order, shipment = recorded.find("tool", "get_order")[0], recorded.find("tool", "track_shipment")[0]
    assert order.start_ns < shipment.end_ns
    assert shipment.start_ns < order.end_ns, "the two ran at once"
    assert [span.attributes.get(Attr.ATTEMPT) for span in recorded.find("tool", "quote_refund")] == [None, 2]
