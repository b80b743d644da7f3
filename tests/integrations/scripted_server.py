"""A model provider on loopback that says what a test has written: the real clients speak real HTTP to it.

It answers ``/chat/completions``, ``/responses`` and ``/embeddings`` as OpenAI does and ``/messages`` as Anthropic does,
whole or as server-sent events. A script is a function from the request's body to a ``Reply``, so that concurrent runs
get the right answers in any order; or a list of replies, given one after the other.
"""

import itertools
import json
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

__all__ = ["Reply", "ScriptedServer", "scripted_server"]

Json = dict[str, Any]


@dataclass
class Reply:
    """What the model says: text, tool calls as ``(name, arguments)``, or an HTTP error. Usage in OpenAI's classes."""

    text: str | None = None
    calls: list[tuple[str, Json]] = field(default_factory=list)
    input_tokens: int = 100
    output_tokens: int = 20
    cached: int = 0
    cache_write: int = 0
    reasoning: int = 0
    finish: str | None = None
    status: int = 200
    error: str = "scripted error"
    headers: dict[str, str] = field(default_factory=dict)
    breaks_after: int | None = None
    """Number of streamed events after which the connection is cut."""

    @property
    def finish_reason(self) -> str:
        return self.finish or ("tool_calls" if self.calls else "stop")


class ScriptedServer:
    """The running server; ``requests`` holds the bodies that came, in order."""

    def __init__(self, script: Callable[[Json], Reply] | Iterable[Reply]) -> None:
        self._reply = script if callable(script) else _one_after_the_other(script)
        self.requests: list[Json] = []
        self.headers: list[dict[str, str]] = []
        self._ids = itertools.count(1)
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        """Address of the API, with its version: what clients call the base URL."""
        return f"{self.origin}/v1"

    @property
    def origin(self) -> str:
        """Address of the server."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def close(self) -> None:
        """Stop."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def answer(
        self, path: str, body: Json, headers: dict[str, str]
    ) -> tuple[Reply, Json, list[tuple[str | None, Json]]]:
        """Return the reply, its body, and the same as events."""
        self.requests.append(body)
        self.headers.append(headers)
        reply, number = self._reply(body), next(self._ids)
        if reply.status != 200:
            return reply, {"type": "error", "error": {"message": reply.error, "type": "scripted", "code": None}}, []
        if path.endswith("/embeddings"):
            return reply, _embeddings(reply, body), []
        whole, events = _FORMATS[path.rsplit("/", 1)[-1]](reply, body, number)
        return reply, whole, events


@contextmanager
def scripted_server(script: Callable[[Json], Reply] | Iterable[Reply]) -> Iterator[ScriptedServer]:
    """Run a scripted server for the length of the block."""
    server = ScriptedServer(script)
    try:
        yield server
    finally:
        server.close()


def _one_after_the_other(replies: Iterable[Reply]) -> Callable[[Json], Reply]:
    left = iter(list(replies))
    lock = threading.Lock()

    def reply(_: Json) -> Reply:
        with lock:
            return next(left, Reply(status=400, error="the script is at its end"))

    return reply


def _handler(scripted: ScriptedServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            path = self.path.partition("?")[0]
            headers = {name.lower(): value for name, value in self.headers.items()}
            reply, whole, events = scripted.answer(path, body, headers)
            streams = bool(body.get("stream")) and reply.status == 200
            content = _as_events(events, reply) if streams else json.dumps(whole).encode()
            self.send_response(reply.status)
            self.send_header("Content-Type", "text/event-stream" if streams else "application/json")
            for name, value in reply.headers.items():
                self.send_header(name, value)
            is_cut = streams and reply.breaks_after is not None
            self.send_header("Content-Length", str(len(content) + (100 if is_cut else 0)))
            self.end_headers()
            self.wfile.write(content)
            self.close_connection = is_cut

        def log_message(self, *args: object) -> None:
            """Say nothing: pytest shows what matters."""

    return Handler


def _as_events(events: list[tuple[str | None, Json]], reply: Reply) -> bytes:
    lines = [(f"event: {name}\n" if name else "") + f"data: {json.dumps(data)}\n\n" for name, data in events]
    if reply.breaks_after is not None:
        lines = lines[: reply.breaks_after]
    elif not any(name for name, _ in events):
        lines.append("data: [DONE]\n\n")
    return "".join(lines).encode()


def _pieces(text: str) -> list[str]:
    words = text.split(" ")
    return [word + (" " if index < len(words) - 1 else "") for index, word in enumerate(words)]


def _chat(reply: Reply, body: Json, number: int) -> tuple[Json, list[tuple[str | None, Json]]]:
    base = {"id": f"chatcmpl-{number}", "created": 1_700_000_000, "model": f"{body['model']}-2024-07-18"}
    calls = [
        {
            "id": f"call_{number}_{index}",
            "type": "function",
            "function": {"name": name, "arguments": json.dumps(values)},
        }
        for index, (name, values) in enumerate(reply.calls)
    ]
    message: Json = {"role": "assistant", "content": reply.text, "refusal": None}
    if calls:
        message["tool_calls"] = calls
    usage = {
        "prompt_tokens": reply.input_tokens,
        "completion_tokens": reply.output_tokens,
        "total_tokens": reply.input_tokens + reply.output_tokens,
        "prompt_tokens_details": {"cached_tokens": reply.cached, "audio_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": reply.reasoning, "audio_tokens": 0},
    }
    choice = {"index": 0, "message": message, "finish_reason": reply.finish_reason, "logprobs": None}
    whole = {**base, "object": "chat.completion", "choices": [choice], "usage": usage}
    deltas: list[Json] = [
        {"role": "assistant", "content": ""},
        *({"content": part} for part in _pieces(reply.text or "")),
    ]
    deltas += [{"tool_calls": [{"index": index, **call}]} for index, call in enumerate(calls)]
    chunks: list[Json] = [{"choices": [{"index": 0, "delta": delta, "finish_reason": None}]} for delta in deltas]
    chunks.append({"choices": [{"index": 0, "delta": {}, "finish_reason": reply.finish_reason}]})
    if (body.get("stream_options") or {}).get("include_usage"):
        chunks.append({"choices": [], "usage": usage})
    return whole, [(None, {**base, "object": "chat.completion.chunk", **chunk}) for chunk in chunks]


def _responses(reply: Reply, body: Json, number: int) -> tuple[Json, list[tuple[str | None, Json]]]:
    output: list[Json] = []
    if reply.text is not None:
        part = {"type": "output_text", "text": reply.text, "annotations": []}
        item = {"id": f"msg_{number}", "type": "message", "role": "assistant", "status": "completed", "content": [part]}
        output.append(item)
    for index, (name, values) in enumerate(reply.calls):
        call_id = f"call_{number}_{index}"
        call = {"type": "function_call", "id": f"fc_{call_id}", "call_id": call_id, "name": name, "status": "completed"}
        output.append({**call, "arguments": json.dumps(values)})
    whole: Json = {
        "id": f"resp_{number}",
        "object": "response",
        "created_at": 1_700_000_000,
        "model": f"{body['model']}-2024-07-18",
        "status": "completed" if reply.finish_reason != "length" else "incomplete",
        "incomplete_details": {"reason": "max_output_tokens"} if reply.finish_reason == "length" else None,
        "instructions": body.get("instructions"),
        "output": output,
        "parallel_tool_calls": True,
        "tool_choice": "auto",
        "tools": body.get("tools") or [],
        "temperature": body.get("temperature"),
        "top_p": body.get("top_p"),
        "usage": {
            "input_tokens": reply.input_tokens,
            "output_tokens": reply.output_tokens,
            "total_tokens": reply.input_tokens + reply.output_tokens,
            "input_tokens_details": {"cached_tokens": reply.cached, "cache_write_tokens": reply.cache_write},
            "output_tokens_details": {"reasoning_tokens": reply.reasoning},
        },
    }
    return whole, _response_events(whole, output)


def _response_events(whole: Json, output: list[Json]) -> list[tuple[str | None, Json]]:
    events: list[Json] = [
        {"type": "response.created", "response": {**whole, "status": "in_progress", "output": [], "usage": None}}
    ]
    for index, item in enumerate(output):
        at = {"output_index": index}
        events.append({"type": "response.output_item.added", **at, "item": {**item, "status": "in_progress"}})
        if item["type"] == "message":
            where = {**at, "item_id": item["id"], "content_index": 0}
            words = _pieces(item["content"][0]["text"])
            empty = {"type": "output_text", "text": "", "annotations": []}
            events.append({"type": "response.content_part.added", **where, "part": empty})
            events += [{"type": "response.output_text.delta", **where, "delta": word, "logprobs": []} for word in words]
        else:
            events.append({"type": "response.function_call_arguments.delta", **at, "item_id": item["id"], "delta": "{"})
        events.append({"type": "response.output_item.done", **at, "item": item})
    last = "response.incomplete" if whole["status"] == "incomplete" else "response.completed"
    events.append({"type": last, "response": whole})
    return [(event["type"], {"sequence_number": number, **event}) for number, event in enumerate(events)]


def _anthropic(reply: Reply, body: Json, number: int) -> tuple[Json, list[tuple[str | None, Json]]]:
    stop = {"stop": "end_turn", "tool_calls": "tool_use", "length": "max_tokens"}[reply.finish_reason]
    content: list[Json] = [{"type": "text", "text": reply.text}] if reply.text is not None else []
    content += [
        {"type": "tool_use", "id": f"toolu_{number}_{index}", "name": name, "input": values}
        for index, (name, values) in enumerate(reply.calls)
    ]
    usage = {
        "input_tokens": reply.input_tokens - reply.cached - reply.cache_write,
        "output_tokens": reply.output_tokens,
        "cache_read_input_tokens": reply.cached,
        "cache_creation_input_tokens": reply.cache_write,
    }
    whole: Json = {
        "id": f"msg_{number}",
        "type": "message",
        "role": "assistant",
        "model": body["model"],
        "content": content,
        "stop_reason": stop,
        "stop_sequence": None,
        "usage": usage,
    }
    started = {**whole, "content": [], "stop_reason": None, "usage": {**usage, "output_tokens": 1}}
    events: list[Json] = [{"type": "message_start", "message": started}]
    for index, block in enumerate(content):
        is_text = block["type"] == "text"
        empty = {**block, "text": ""} if is_text else {**block, "input": {}}
        events.append({"type": "content_block_start", "index": index, "content_block": empty})
        deltas = (
            [{"type": "text_delta", "text": word} for word in _pieces(block["text"])]
            if is_text
            else [{"type": "input_json_delta", "partial_json": json.dumps(block["input"])}]
        )
        events += [{"type": "content_block_delta", "index": index, "delta": delta} for delta in deltas]
        events.append({"type": "content_block_stop", "index": index})
    ended = {"stop_reason": stop, "stop_sequence": None}
    events.append({"type": "message_delta", "delta": ended, "usage": {"output_tokens": reply.output_tokens}})
    events.append({"type": "message_stop"})
    return whole, [(event["type"], event) for event in events]


def _embeddings(reply: Reply, body: Json) -> Json:
    texts = [body["input"]] if isinstance(body["input"], str) else body["input"]
    return {
        "object": "list",
        "model": body["model"],
        "data": [{"object": "embedding", "index": index, "embedding": [0.5, 0.25]} for index, _ in enumerate(texts)],
        "usage": {"prompt_tokens": reply.input_tokens, "total_tokens": reply.input_tokens},
    }


_FORMATS = {"completions": _chat, "responses": _responses, "messages": _anthropic}
