"""``POST /v1/traces``: OTLP over HTTP, as protobuf and as JSON."""

import logging
from collections.abc import Callable

from fastapi import FastAPI
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from agentops_dashboard.api.answers import json_response, problem
from agentops_dashboard.caller import caller_of
from agentops_dashboard.ingest import otlp_json
from agentops_dashboard.ingest.batch import Batch
from agentops_dashboard.ingest.body import BodyError, decompress, read_body
from agentops_dashboard.ingest.receiver import BusyError, Receiver, Room, StoreDownError

__all__ = ["add_ingest", "come_again", "take_traces"]

_RETRY_S = 5
_log = logging.getLogger("agentops.dashboard")


def _decode_protobuf(body: bytes) -> Batch:
    # Few senders on this machine need it, and its messages take 30 ms to import.
    from agentops_dashboard.ingest import otlp_protobuf

    return otlp_protobuf.decode(body)


_DECODERS: dict[str, Callable[[bytes], Batch]] = {
    "application/json": otlp_json.decode,
    "application/x-protobuf": _decode_protobuf,
    "application/protobuf": _decode_protobuf,
}


def add_ingest(app: FastAPI, receiver: Receiver) -> None:
    """Add the route. The answer is 200 only when the spans are on disk."""

    @app.post("/v1/traces", tags=["ingest"], summary="Take spans, as OTLP protobuf or JSON")
    async def traces(request: Request) -> Response:
        return await take_traces(request, receiver, caller_of(request).project)


async def take_traces(request: Request, receiver: Receiver, project: str) -> Response:
    """Take one OTLP request into a project."""
    content_type = request.headers.get("content-type", "").split(";")[0].strip().lower()
    decoder = _DECODERS.get(content_type)
    if decoder is None:
        return problem(415, f"Content-Type {content_type!r} is not understood. Use {' or '.join(list(_DECODERS)[:2])}.")
    try:
        with Room(receiver) as room:
            body = await read_body(request, room.grow)
            room.wait()
            encoding = request.headers.get("content-encoding", "")
            async with receiver.turns:
                batch = await run_in_threadpool(_take, receiver, project, decoder, body, encoding)
    except BodyError as error:
        return problem(error.status, error.message)
    except BusyError as busy:
        return come_again(busy)
    except StoreDownError:
        _log.exception("agentops: the store did not take a batch.")
        answer = problem(503, "The store does not take anything now. Nothing was taken; send it again.")
        answer.headers["Retry-After"] = str(_RETRY_S)
        return answer
    except ValueError as error:
        return problem(400, f"The body cannot be understood: {error}")
    return _answer(batch, is_json=content_type == "application/json")


def come_again(busy: BusyError) -> Response:
    """Answer that there is no room now."""
    answer = problem(429, "The store is behind. Nothing was taken; send it again.")
    answer.headers["Retry-After"] = str(busy.retry_after_s)
    return answer


def _take(receiver: Receiver, project: str, decoder: Callable[[bytes], Batch], body: bytes, encoding: str) -> Batch:
    batch = decoder(decompress(body, encoding))
    receiver.take(project, batch, len(body))
    return batch


def _answer(batch: Batch, *, is_json: bool) -> Response:
    rejected = sum(batch.rejected.values())
    message = "; ".join(f"{count} × {reason}" for reason, count in batch.rejected.items())
    if not is_json:
        from agentops_dashboard.ingest import otlp_protobuf

        return Response(otlp_protobuf.encode_response(rejected, message), media_type="application/x-protobuf")
    partial = {"partialSuccess": {"rejectedSpans": str(rejected), "errorMessage": message}} if rejected else {}
    return json_response(partial)
