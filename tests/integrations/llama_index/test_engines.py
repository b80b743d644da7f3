"""Retrieval: query and chat engines, retrievers, embeddings, and what prepares documents."""

import asyncio
from typing import Any

import pytest
from llama_index.core import Document, SummaryIndex, VectorStoreIndex
from llama_index.core.chat_engine import SimpleChatEngine
from llama_index.core.ingestion import IngestionPipeline
from llama_index.core.memory import ChatMemoryBuffer
from llama_index.core.node_parser import SentenceSplitter
from llama_index.core.postprocessor import SimilarityPostprocessor
from llama_index.core.retrievers import BaseRetriever
from llama_index.core.schema import NodeWithScore, QueryBundle, TextNode

from agentops.testing import Recording
from agentops_llama_index.scripted import Answer, LetterEmbedding, ScriptedLLM
from tests.integrations.llama_index.agents_under_test import check

SALT, CATS = "Salt came by the old road.", "Cats purr."
ASKED = "How did salt come?"
RETRIEVED = """\
session default
  embedding letters
  chain RetrieverQueryEngine
    retriever VectorIndexRetriever
      embedding letters
    llm gpt-4o"""


def index() -> VectorStoreIndex:
    nodes = [TextNode(id_="salt", text=SALT, metadata={"page": 3}), TextNode(id_="cats", text=CATS)]
    return VectorStoreIndex(nodes, embed_model=LetterEmbedding())


def model() -> ScriptedLLM:
    return ScriptedLLM("gpt-4o", [Answer(text="By road.", input_tokens=61, output_tokens=3)])


@pytest.mark.parametrize("is_async", [False, True])
def test_a_query_is_a_chain_of_what_it_takes(recorded: Recording, is_async: bool) -> None:
    """Question and answer on the chain, nodes with scores on the retriever, vectors by their length only."""
    engine = index().as_query_engine(llm=model(), similarity_top_k=1)

    async def ask() -> str:
        return str(await engine.aquery(ASKED))

    assert (asyncio.run(ask()) if is_async else str(engine.query(ASKED))) == "By road."
    assert check(recorded) == RETRIEVED
    (chain,), (retriever,) = recorded.find("chain"), recorded.find("retriever")
    assert (chain.input, chain.output) == (ASKED, "By road.")
    assert retriever.input == ASKED
    ((score, found),) = [(document.pop("score"), document) for document in list(retriever.output)]
    assert found == {"id": "salt", "content": SALT, "metadata": {"page": 3}}
    assert 0.5 < score < 1
    indexed, asked = recorded.find("embedding")
    assert (indexed.input, asked.input) == ([f"page: 3\n\n{SALT}", CATS], ASKED)
    assert [span.attributes["gen_ai.embeddings.dimension.count"] for span in (indexed, asked)] == [27, 27]
    assert asked.attributes["gen_ai.request.model"] == "letters"
    assert recorded.find("llm")[0].attributes["gen_ai.usage.input_tokens"] == 61


def test_a_postprocessor_is_an_operation(recorded: Recording) -> None:
    """Between the retriever and the model, with the nodes that it left."""
    strict = SimilarityPostprocessor(similarity_cutoff=2.0)
    engine = index().as_query_engine(llm=model(), node_postprocessors=[strict])
    engine.query(ASKED)
    expected = RETRIEVED.replace("    llm gpt-4o", "    operation SimilarityPostprocessor")
    assert check(recorded) == expected, "with no nodes left, LlamaIndex asks no model"
    (operation,) = recorded.find("operation")
    assert len(operation.input["nodes"]) == 2
    assert operation.output == []


@pytest.mark.parametrize("is_async", [False, True])
def test_a_streamed_query_has_its_call_in_the_engine(recorded: Recording, is_async: bool) -> None:
    """LlamaIndex asks the model when the answer is read, after the engine has returned; older versions, before that."""
    engine = index().as_query_engine(llm=model(), streaming=True)

    async def read() -> str:
        response: Any = await engine.aquery(ASKED)
        return "".join([token async for token in response.response_gen])

    response: Any = None if is_async else engine.query(ASKED)
    assert (asyncio.run(read()) if is_async else "".join(response.response_gen)) == "By road."
    assert check(recorded) == RETRIEVED
    assert recorded.find("llm")[0].attributes["gen_ai.usage.input_tokens"] == 61


def test_two_streamed_queries_do_not_mix(recorded: Recording) -> None:
    """Answers that are read in turns, and between them a call that belongs to neither."""
    first = index().as_query_engine(llm=model(), streaming=True).query(ASKED)
    second = index().as_query_engine(llm=model(), streaming=True).query(ASKED)
    tokens: list[Any] = [iter(second.response_gen), iter(first.response_gen)]  # type: ignore[union-attr]
    begun = [next(tokens[0])]
    model().complete("Between.")
    begun.append(next(tokens[1]))
    assert [word + "".join(rest) for word, rest in zip(begun, tokens, strict=True)] == ["By road."] * 2
    check(recorded)
    one, other = recorded.find("chain")
    around = [call.parent for call in recorded.find("llm")]
    assert around in ([other, recorded.spans[0], one], [one, other, recorded.spans[0]]), "older ones ask in the query"


def test_a_retriever_that_fails_fails_its_query(recorded: Recording) -> None:
    """A retriever of one's own; the exception passes through unchanged."""
    lost = LookupError("the shelf is empty")

    class Shelf(BaseRetriever):
        def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
            raise lost

    from llama_index.core.query_engine import RetrieverQueryEngine

    with pytest.raises(LookupError) as caught:
        RetrieverQueryEngine.from_args(Shelf(), llm=model()).query(ASKED)
    assert caught.value is lost
    assert check(recorded) == (
        "session default\n  chain RetrieverQueryEngine [error LookupError]\n    retriever Shelf [error LookupError]"
    )
    (retriever,) = recorded.find("retriever")
    assert retriever.error is not None
    assert "in _retrieve" in str(retriever.error.stack)


def test_a_chat_is_a_chain(recorded: Recording) -> None:
    """A chat engine's turn, in each of its forms."""
    model = ScriptedLLM("gpt-4o", ["One.", "Two.", "Three.", "Four."])
    # The memory that it has by default opens a database, and leaves it open.
    engine = SimpleChatEngine.from_defaults(llm=model, memory=ChatMemoryBuffer.from_defaults(token_limit=1000))

    async def ask() -> list[str]:
        streamed = await engine.astream_chat("And then?")
        said = "".join([token async for token in streamed.async_response_gen()])
        return [str(await engine.achat("And?")), said]

    assert str(engine.chat("Count.")) == "One."
    assert "".join(engine.stream_chat("Go on.").response_gen) == "Two."
    assert sorted(asyncio.run(ask())) == ["Four.", "Three."]
    assert check(recorded) == "session default" + "\n  chain SimpleChatEngine\n    llm gpt-4o" * 4
    first = recorded.find("chain")[0]
    assert (first.input, first.output) == ("Count.", "One.")


def test_what_prepares_documents_is_a_chain(recorded: Recording) -> None:
    """An ingestion pipeline with its embeddings; splitting is not shown."""
    nodes = IngestionPipeline(transformations=[SentenceSplitter(), LetterEmbedding()]).run(
        documents=[Document(text=SALT)]
    )
    assert len(nodes) == 1
    assert check(recorded) == "session default\n  chain IngestionPipeline\n    embedding letters"


def test_answers_of_several_steps_are_several_calls(recorded: Recording) -> None:
    """A response that is refined node by node."""
    engine = SummaryIndex([TextNode(text=SALT), TextNode(text=CATS)]).as_query_engine(
        llm=ScriptedLLM("gpt-4o", ["By road.", "By the old road."]), response_mode="refine"
    )
    assert str(engine.query(ASKED)) == "By the old road."
    assert check(recorded) == (
        "session default\n  chain RetrieverQueryEngine\n    retriever SummaryIndexRetriever" + "\n    llm gpt-4o" * 2
    )
