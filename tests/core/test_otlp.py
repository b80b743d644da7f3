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
def test_content_is_the_text_of_its_json_whatever_it_holds(attributes: dict[str, object]) -> None:
    """Content is written as JSON inside of JSON at once, long text in another way; it reads as if it was dumped."""
    decoded = decode_attributes(json.loads(f"[{encode_attributes(attributes)}]"))
    assert decoded.keys() == {name for name, value in attributes.items() if value is not None}
    for name, value in decoded.items():
        given_value = attributes[name]
        if isinstance(given_value, (dict, list)):
            assert value == json.dumps(given_value, ensure_ascii=False, separators=(",", ":"))
        elif isinstance(given_value, int) and not -(2**63) <= given_value < 2**63:
            assert value == str(given_value)
        else:
            assert value == given_value


@given(st.text(alphabet=st.characters(codec=None, exclude_categories=()), max_size=8000))
def test_text_comes_back_but_for_lone_surrogates(text: str) -> None:
    """UTF-8 has no bytes for half of a pair: on the wire it is a question mark, in text alone and inside of JSON."""
    line = encode_line("{}", "{}", [f"[{encode_attributes({'alone': text, 'inside': [text]})}]"])
    [attributes] = json.loads(line)["resourceSpans"][0]["scopeSpans"][0]["spans"]
    decoded = decode_attributes(attributes)
    expected = text.encode("utf-8", "replace").decode()
    assert (decoded["alone"], json.loads(str(decoded["inside"]))) == (expected, [expected])


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
