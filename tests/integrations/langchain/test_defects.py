"""What the LangChain handler of AgentOps 0.4.21 was seen to do wrong (D9), with ours in whole programs."""

import json
from pathlib import Path

from tests.spooled import Spooled, read_spool, run_program

PROGRAM = """
import agentops
from agentops.integration.callbacks.langchain import LangchainCallbackHandler
from agentops_langchain.scripted import ScriptedChatModel
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import RunnableLambda

handler = LangchainCallbackHandler(tags=["prod"])
config = {"callbacks": [handler]}
model = ScriptedChatModel(script=["Four, of course."])
list((ChatPromptTemplate.from_messages([("system", "Be brief."), ("user", "{question}")]) | model).stream(
    {"question": "Two and two?"}, config
))

def fail(_):
    raise ValueError("no such order")

try:
    RunnableLambda(fail, name="fails").invoke("4711", config)
except ValueError:
    pass
ScriptedChatModel(script=[ConnectionError("refused")]).with_fallbacks([model]).invoke("Again?", config)
{end}
"""


def _recorded(home: Path, end: str) -> Spooled:
    run_program(PROGRAM.replace("{end}", end))
    return read_spool(home)


def test_d09_prompts_tags_tokens_and_errors_are_there(agentops_home: Path) -> None:
    """There prompts were empty, tags read by nobody, tokens of streams missing, and errors set no status."""
    spooled = _recorded(agentops_home, "")
    [root] = spooled.sessions
    spans = spooled.of(root)
    streamed = next(span for span in spans if span.kind == "llm")
    asked = json.loads(streamed.attributes["gen_ai.input.messages"])
    assert [(item["role"], item["parts"][0]["content"]) for item in asked] == [
        ("system", "Be brief."),
        ("user", "Two and two?"),
    ]
    assert "Four, of course." in streamed.attributes["gen_ai.output.messages"]
    assert streamed.attributes["gen_ai.usage.input_tokens"] > 0
    assert streamed.attributes["gen_ai.usage.output_tokens"] > 0
    assert {span.tags for span in spans} == {("prod",)}
    failed = {span.name: span.attributes["error.type"] for span in spans if span.status == "error"}
    assert failed == {"fails": "ValueError", "chat gpt-4o-mini": "ConnectionError"}


def test_d09_a_handler_that_is_alive_at_the_exit_leaves_a_whole_tree(agentops_home: Path) -> None:
    """There the root was sent in ``__del__``, so never, and every chain was an orphan."""
    spooled = _recorded(agentops_home, "import builtins; builtins.handler = handler")
    [root] = spooled.sessions
    spans = spooled.of(root)
    ids = {span.id for span in spans}
    assert root.attributes["agentops.session.state"] == "success"
    assert all(span.parent_id in ids for span in spans[1:])
    assert all(span.end_ns for span in spans)


def test_d09_end_trace_ends_the_handlers_session(agentops_home: Path) -> None:
    """There it did not know of the handler's session, which went on."""
    end = "agentops.end_trace(None, 'Fail')\nmodel.invoke('After the end?', config)"
    spooled = _recorded(agentops_home, end)
    first, second = spooled.sessions
    assert (first.attributes["agentops.session.state"], first.status) == ("error", "error")
    assert "After the end?" not in str([span.attributes for span in spooled.of(first)])
    assert spooled.outline(second).splitlines()[1:] == ["  chat gpt-4o-mini"]
