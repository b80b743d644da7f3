"""What scripted models answer."""

import pytest

from agentops.scripted import Answer, answer_at


def test_a_script_holds_answers_texts_and_exceptions() -> None:
    """A text is an answer that says it, an exception is raised, and after the last there is none."""
    asked = Answer(calls=[("add", {"a": 2})], input_tokens=90)
    script = [asked, "It is 5.", ValueError("overloaded")]
    assert answer_at(script, 0) is asked
    assert answer_at(script, 1) == Answer(text="It is 5.", input_tokens=10, output_tokens=5)
    with pytest.raises(ValueError, match="overloaded"):
        answer_at(script, 2)
    with pytest.raises(IndexError):
        answer_at(script, 3)
