"""A LangChain agent on a scripted model: asks for a tool, then answers."""

from langchain.agents import create_agent
from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
from langchain_core.messages import AIMessage
from langchain_core.tools import tool


@tool
def search(q: str) -> str:
    """Search the web."""
    return f"found {q}"


class ScriptedModel(GenericFakeChatModel):
    def bind_tools(self, tools, **options):
        return self


def answer():
    """Run the agent once."""
    said = {"model_name": "gpt-4o"}
    messages = [
        AIMessage(
            "",
            tool_calls=[{"name": "search", "args": {"q": "lamp"}, "id": "c1"}],
            usage_metadata={"input_tokens": 120, "output_tokens": 10, "total_tokens": 130},
            response_metadata=said,
        ),
        AIMessage(
            "It is broken.",
            usage_metadata={"input_tokens": 150, "output_tokens": 12, "total_tokens": 162},
            response_metadata=said,
        ),
    ]
    helper = create_agent(ScriptedModel(messages=iter(messages)), [search], name="helper")
    return helper.invoke({"messages": [("user", "why is my lamp broken?")]})["messages"][-1].content
