"""The text that spans are written as says what was recorded, however it was made."""

import json

from hypothesis import given
from hypothesis import strategies as st

from agentops.wire import encode_attributes, encode_line, encode_resource, encode_span, merge_lines
from agentops.wire.otlp import decode_attributes

LONG = st.builds(lambda text, times: text * times, st.text(min_size=1, max_size=40), st.integers(300, 900))
TEXT = st.one_of(st.text(max_size=20), LONG)
PLAIN = st.recursive(
    st.one_of(TEXT, st.integers(), st.booleans(), st.none(), st.floats(allow_nan=False, allow_infinity=False)),
    lambda inner: st.one_of(st.lists(inner, max_size=5), st.dictionaries(TEXT, inner, max_size=5)),
    max_leaves=8,
)


@given(st.dictionaries(st.text(min_size=1, max_size=10), PLAIN, max_size=5))
def test_long_content_is_encoded_as_short_content_is(attributes: dict[str, object]) -> None:
    """There are two ways to encode content, one for speed with long text; both give the same characters."""
    assert encode_attributes(attributes, is_large=True) == encode_attributes(attributes)


def _span(name: str, attributes: str, first: str = "") -> str:
    return encode_span(
        trace_id="1" * 32, span_id="2" * 16, parent_id=None, name=name, is_client=False, start_ns=1, end_ns=2,
        attributes=attributes, first_attributes=first, events=(), status_code=0, status_message="",
    )  # fmt: skip


def test_merged_lines_are_one_request_with_all_their_spans_in_order() -> None:
    """Delivery joins lines without parsing them, those of open spans and the torn newline at a file's end included."""
    resource, scope = encode_resource({"service.name": "s"}), '{"name":"agentops"}'
    lines = [
        encode_line(resource, scope, [_span("a", ""), _span("b", "")]),
        encode_line(resource, scope, [_span("c", "")], partial=True),
        encode_line(resource, scope, [_span("d", "")]).rstrip(b"\n"),
    ]
    merged = json.loads(merge_lines(lines))
    assert list(merged) == ["resourceSpans"]
    names = [[item["name"] for item in part["scopeSpans"][0]["spans"]] for part in merged["resourceSpans"]]
    assert names == [["a", "b"], ["c"], ["d"]]
    assert json.loads(merge_lines([])) == {"resourceSpans": []}


def test_attributes_in_two_parts_are_one_list() -> None:
    """Long attributes are not copied to put others before them, and either part may be empty."""
    first, second = encode_attributes({"a": 1}), encode_attributes({"b": "x"})
    both = json.loads(_span("s", second, first))["attributes"]
    assert decode_attributes(both) == {"a": 1, "b": "x"}
    assert decode_attributes(json.loads(_span("s", "", first))["attributes"]) == {"a": 1}
    assert decode_attributes(json.loads(_span("s", second))["attributes"]) == {"b": "x"}
    assert json.loads(_span("s", ""))["attributes"] == []
