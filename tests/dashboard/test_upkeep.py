"""Retention: what is kept stays whole."""

import pytest

from agentops.errors import ConfigurationError
from agentops_dashboard.store.retention import Policy, apply_policy, read_policy
from tests.dashboard.conftest import add_together

DAY_NS = 86_400_000_000_000
END_NS = 1_760_000_000_000_000_000


@pytest.fixture
def week(store, make_sessions):
    """Forty sessions spread over ten days."""
    made = make_sessions(40, spans=6, spread_s=10 * 86400)
    add_together(store, [line for _, lines in made for line in lines])
    return [session_id for session_id, _ in made]


def test_sessions_go_by_age_unless_a_tag_keeps_them(store, reader, week):
    """Five days: what is older is gone, except with the tag that keeps; another tag has its own age."""
    policy = Policy(session_days=5, keep_tags=("beta",), tag_days={"nightly": 1})
    removed = apply_policy(store, "default", policy, now_ns=END_NS)
    left = reader.sessions(limit=100)["sessions"]
    assert removed["sessions"] == 40 - len(left) > 0
    for session in left:
        days = 1 if "nightly" in session["tags"] else 5
        assert "beta" in session["tags"] or session["start_ns"] >= END_NS - days * DAY_NS
    assert any("beta" in session["tags"] for session in left)
    assert apply_policy(store, "default", policy, now_ns=END_NS) == {"payloads": 0, "sessions": 0}


def test_a_number_of_sessions_is_kept_the_newest(store, reader, week):
    """The oldest go."""
    assert apply_policy(store, "default", Policy(most_sessions=15))["sessions"] == 25
    assert [s["id"] for s in reader.sessions(limit=100)["sessions"]] == week[:-16:-1]


def test_payloads_go_before_sessions(store, reader, week):
    """Old sessions keep their tree and figures and lose inputs and words; their search words are gone."""
    figures = {s["id"]: s for s in reader.sessions(limit=100)["sessions"]}
    removed = apply_policy(store, "default", Policy(payload_days=5), now_ns=END_NS)
    assert removed["sessions"] == 0
    assert 0 < removed["payloads"] < 40
    assert {s["id"]: s for s in reader.sessions(limit=100)["sessions"]} == figures
    assert all(span["input"] is None for span in reader.spans(week[0]))
    assert any(span["input"] is not None for span in reader.spans(week[-1]))


def test_a_size_is_kept_by_payloads_first_then_sessions(store, reader, week):
    """Down to half the size, then to nearly nothing."""
    full = store.used_bytes()
    first = apply_policy(store, "default", Policy(most_bytes=int(full * 0.97)))
    assert first["payloads"] > 0
    assert store.used_bytes() <= full * 0.97
    second = apply_policy(store, "default", Policy(most_bytes=1))
    assert second["sessions"] == reader.sessions()["total"] + second["sessions"] > 0


def test_a_policy_that_cannot_be_understood_removes_nothing(tmp_path):
    """The sentence names the file, the setting and what there is."""
    path = tmp_path / "retention.json"
    assert read_policy(path) == Policy()
    path.write_text('{"session_days": 30, "keep_tags": ["golden"], "tag_days": {"ci": 2}}')
    assert read_policy(path) == Policy(session_days=30, keep_tags=("golden",), tag_days={"ci": 2.0})
    for text, message in (
        ('{"days": 3}', "no setting 'days'"),
        ('{"session_days": -1}', "above 0"),
        ("[", "no retention"),
        ('{"keep_tags": "golden"}', r'keep_tags needs a list of tags such as \["golden"\], not \'golden\''),
        ('{"keep_tags": [1]}', "keep_tags needs a list of tags"),
        ('{"tag_days": {"ci": 0}}', "tag_days of 'ci' needs a number above 0, not 0"),
        ('{"tag_days": {"ci": -7}}', "above 0"),
        ('{"tag_days": {"ci": "7"}}', "above 0"),
        ('{"tag_days": ["ci"]}', "tag_days needs days by tag"),
        ('{"most_sessions": 0.5}', "most_sessions needs a whole number above 0, not 0.5"),
        ('{"most_bytes": true}', "whole number"),
    ):
        path.write_text(text)
        with pytest.raises(ConfigurationError, match=message):
            read_policy(path)


def test_what_was_abandoned_goes_like_the_rest(store, reader, add_lines, make_sessions):
    """A program that was killed on another machine never says that its session ended; its last word is what counts."""
    ((killed, lines),) = make_sessions(1, spans=6, state="running")
    for line in lines:
        add_lines([line])
    heard_ns = reader.session(killed)["start_ns"]
    policy = Policy(session_days=0.01)
    assert apply_policy(store, "default", policy, now_ns=heard_ns + DAY_NS // 2)["sessions"] == 0
    assert apply_policy(store, "default", policy, now_ns=heard_ns + 2 * DAY_NS)["sessions"] == 1
    assert reader.sessions()["total"] == 0


def test_an_age_without_measure_keeps_all(store, reader, week):
    """It is longer ago than a store can say."""
    policy = Policy(session_days=1e300, payload_days=1e15, tag_days={"nightly": 1e30})
    assert apply_policy(store, "default", policy, now_ns=END_NS) == {"payloads": 0, "sessions": 0}
