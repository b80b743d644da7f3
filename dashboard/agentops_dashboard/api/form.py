"""Bodies that pass the door: forms are read whole and small, and given on to whoever reads the request next."""

from urllib.parse import parse_qsl

from starlette.requests import ClientDisconnect, Request
from starlette.types import Message, Receive

__all__ = ["is_form", "limited", "read_form", "replay"]

_LIMIT = 64 * 1024
_MOST_FIELDS = 200
_TYPE = "application/x-www-form-urlencoded"


def is_form(request: Request) -> bool:
    """Whether the body is a form's."""
    return request.headers.get("content-type", "").split(";")[0].strip().lower() == _TYPE


async def read_form(request: Request) -> tuple[dict[str, str], bytes]:
    """Return the fields of a form and its body.

    No fields when it is larger than 64 KiB, has more than 200 of them, or its sender went away.
    """
    body = b""
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > _LIMIT:
                return {}, b""
    except ClientDisconnect:
        return {}, b""
    text = body.decode("utf-8", "replace")
    try:
        return dict(parse_qsl(text, keep_blank_values=True, max_num_fields=_MOST_FIELDS)), body
    except ValueError:
        return {}, b""


def replay(body: bytes, receive: Receive) -> Receive:
    """Give out a body that was read already, then whatever comes."""
    waiting = [body]

    async def again() -> Message:
        if waiting:
            return {"type": "http.request", "body": waiting.pop(), "more_body": False}
        return await receive()

    return again


def limited(receive: Receive, limit: int) -> Receive:
    """Give out a body of no declared length; one that is longer than the limit ends as if its sender had gone."""
    seen = 0

    async def counted() -> Message:
        nonlocal seen
        message = await receive()
        if message["type"] == "http.request":
            seen += len(message.get("body", b""))
            if seen > limit:
                return {"type": "http.disconnect"}
        return message

    return counted
