"""What looks things up: retrievers, embeddings, the engines and pipelines made of them; and what the user marks."""

from collections.abc import Mapping
from typing import Any, Final

from agentops import Recorder, Span
from agentops.semconv import GenAI, SpanKind
from agentops_llama_index.content import answer_of, documents_of, plain, query_of, shown
from agentops_llama_index.entry import Entry
from agentops_llama_index.late_answers import LateAnswers
from agentops_llama_index.model_facts import model_name
from agentops_llama_index.roles import Role

__all__ = ["Engines"]

_KINDS: Final = {
    Role.CHAIN: SpanKind.CHAIN,
    Role.MARKED: SpanKind.OPERATION,
    Role.POSTPROCESSOR: SpanKind.OPERATION,
    Role.RETRIEVER: SpanKind.RETRIEVER,
}
_PIPELINE: Final = frozenset({"run", "arun"})
"""Methods of what takes documents: they are counted and not copied, since there may be any number of them."""
_TEXTS: Final = ("query", "text", "texts")
"""What embedding models call that which they embed."""


class Engines:
    """Maps calls of these.

    Args:
        recorder: Records them.
    """

    def __init__(self, recorder: Recorder) -> None:
        self.recorder = recorder
        self.late_answers = LateAnswers()
        self._calls: dict[str, tuple[Role, Span, str]] = {}

    def began(self, entry: Entry, role: Role, around: Span | None) -> None:
        """Begin a call."""
        if role is Role.EMBEDDING:
            self._embedding_began(entry, around)
            return
        kind = _KINDS[role]
        title = entry.name.rpartition("<locals>.")[2] if role is Role.MARKED else entry.title
        span = self.recorder.start(kind, title, key=entry.key, parent=around)
        if span is None:
            return
        self._calls[entry.key] = (role, span, entry.method)
        if role is Role.CHAIN and entry.method in _PIPELINE:
            span.set_input(shown(span, _counted, entry.named_arguments))
        else:
            span.set_input(shown(span, plain if kind == SpanKind.OPERATION else query_of, entry.named_arguments))

    def ended(self, key: str, result: Any) -> bool:
        """End a call with what it found; False if it is none of ours."""
        call = self._calls.pop(key, None)
        if call is None:
            return False
        role, span, method = call
        if role is Role.RETRIEVER:
            self.recorder.end(key, output=shown(span, documents_of, result))
        elif role is Role.EMBEDDING:
            self.recorder.end(key, attributes={GenAI.EMBEDDINGS_DIMENSION: _dimension(result)})
        elif role is Role.CHAIN and method in _PIPELINE:
            self.recorder.end(key, output=shown(span, _counted, {"nodes": result}))
        else:
            self.late_answers.expect(result, span)
            self.recorder.end(key, output=shown(span, answer_of, result))
        return True

    def failed(self, key: str, error: BaseException | None) -> bool:
        """End a call with what it raised; False if it is none of ours."""
        if self._calls.pop(key, None) is None:
            return False
        self.recorder.end(key, error=error)
        return True

    def _embedding_began(self, entry: Entry, around: Span | None) -> None:
        if around is not None and around.kind == SpanKind.EMBEDDING and around.origin == self.recorder.origin:
            # One that is made of another one, such as a batch of single texts.
            self.recorder.alias(entry.key, entry.parent_key)
            return
        model = model_name(entry.instance)
        facts = {GenAI.REQUEST_MODEL: model}
        span = self.recorder.start(SpanKind.EMBEDDING, model, key=entry.key, parent=around, attributes=facts)
        if span is not None:
            self._calls[entry.key] = (Role.EMBEDDING, span, entry.method)
            span.set_input(shown(span, _texts, entry.named_arguments))


def _counted(values: Mapping[str, Any]) -> dict[str, int]:
    return {name: len(value) for name, value in values.items() if isinstance(value, (list, tuple))}


def _texts(given: Mapping[str, Any]) -> Any:
    return next((given[name] for name in _TEXTS if name in given), None)


def _dimension(result: Any) -> int | None:
    """Return the length of the vectors; those of a sparse embedding have none."""
    vector = result[0] if isinstance(result, list) and result and isinstance(result[0], list) else result
    return len(vector) if isinstance(vector, list) and vector else None
