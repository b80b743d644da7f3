"""What was tested with which versions: how it is kept, and what is said of a version that was not tested."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from agentops import compatibility
from agentops.cli import main
from agentops.compatibility import Remark, as_numbers, known_versions, remarks
from tests.house import EXTRAS, INTEGRATIONS, ROOT

FACTS: dict[str, Any] = {
    "one": {
        "oldest": {"versions": {"frame": "1.2.0"}},
        "latest": {"versions": {"frame": "1.10.1", "frame-graphs": "0.4"}},
        "bad": {"frame 1.7.0": "tools lose their agents."},
    }
}
REPORT = """<testsuites><testsuite tests="{tests}" failures="{failed}" errors="0" skipped="1"
 timestamp="{date}T10:00:00+00:00"><properties><property name="python" value="3.11.7"/>
<property name="distribution crewAI" value="{version}"/><property name="distribution pytest" value="9"/></properties>
<testcase classname="tests.integrations.crewai.test_conformance.TestCrewAI" name="test_tree_is_whole"/>
<testcase classname="tests.integrations.crewai.test_conformance.TestCrewAI" name="test_described"><failure/></testcase>
<testcase classname="tests.integrations.crewai.test_mapping" name="test_x"><skipped message="no retries"/></testcase>
</testsuite></testsuites>"""


@pytest.fixture
def _known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compatibility, "_facts", lambda: FACTS)


@pytest.mark.parametrize(
    ("version", "numbers"),
    [
        ("1.10.1", (1, 10, 1)),
        ("2.0", (2,)),
        ("2.0.0rc1", (2,)),
        ("1.4.post2", (1, 4)),
        ("0.7.5+cpu", (0, 7, 5)),
        ("", ()),
    ],
)
def test_versions_compare_by_their_numbers(version: str, numbers: tuple[int, ...]) -> None:
    """1.10 is later than 1.9, 2.0 is 2.0.0, and what follows the numbers decides nothing."""
    assert as_numbers(version) == numbers


@pytest.mark.usefixtures("_known")
@pytest.mark.parametrize(
    ("version", "remark"),
    [
        ("1.2", None),
        ("1.9.9", None),
        ("1.10.1", None),
        (
            "1.10.2",
            Remark(
                "frame 1.10.2 is newer than 1.10.1, the newest that this agentops was tested with",
                "pip install --upgrade agentops   # or 'frame==1.10.1'",
            ),
        ),
        (
            "1.1",
            Remark(
                "frame 1.1 is older than 1.2.0, the oldest that this agentops was tested with",
                "pip install --upgrade frame",
            ),
        ),
        (
            "1.7.0",
            Remark(
                "frame 1.7.0 is not recorded rightly: tools lose their agents.",
                "pip install 'frame==1.10.1'",
                is_bad=True,
            ),
        ),
    ],
)
def test_a_version_outside_of_what_was_tested_is_remarked_on(version: str, remark: Remark | None) -> None:
    """Newer, older, known to be bad: each has its sentence and its command; what lies between has none."""
    found = remarks("one", {"frame": version}.get)
    assert found == ([] if remark is None else [remark])


@pytest.mark.usefixtures("_known")
def test_parts_of_a_framework_are_judged_too() -> None:
    """LangGraph decides about LangChain's trees as langchain-core does; what is not known is not judged."""
    assert known_versions("one") == {"frame": ("1.2.0", "1.10.1"), "frame-graphs": ("0.4", "0.4")}
    [remark] = remarks("one", {"frame": "1.5", "frame-graphs": "0.5"}.get)
    assert remark.text.startswith("frame-graphs 0.5 is newer than 0.4")
    assert known_versions("a stranger's") == {}
    assert remarks("a stranger's", {"frame": "99"}.get) == []


def test_doctor_and_plugins_say_it(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Only of what is recorded: of a framework that is not installed there is nothing to say."""
    monkeypatch.setattr("agentops.plugins.installed_version", {"crewai": "999.0"}.get)
    monkeypatch.setattr("agentops.diagnosis.installed_version", {"crewai": "999.0"}.get)
    latest = known_versions("crewai")["crewai"][1]
    said = f"crewai 999.0 is newer than {latest}, the newest that this agentops was tested with"
    main(["doctor", "--json"])
    findings = json.loads(capsys.readouterr().out)["findings"]
    assert [item["text"] for item in findings if item["level"] == "note" and "tested" in item["text"]] == [said]
    main(["plugins"])
    assert f"note: {said} " in f"{' '.join(capsys.readouterr().out.split())} "
    main(["plugins", "--json"])
    found = {item["name"]: item for item in json.loads(capsys.readouterr().out)["plugins"]}
    assert found["crewai"]["tested"] == [known_versions("crewai")["crewai"][0], latest]
    assert found["threads"]["tested"] is None


@pytest.mark.parametrize("name", sorted(name.removeprefix("agentops_").replace("_", "-") for name in INTEGRATIONS))
def test_what_is_shipped_was_tested(name: str) -> None:
    """Each integration passed with the oldest version that its extra takes, and with a later one."""
    facts = json.loads((ROOT / "core" / "agentops" / "compatibility.json").read_text())[name]
    floors = dict(item.split(">=") for item in EXTRAS[name] if ">=" in item)
    for distribution, floor in floors.items():
        oldest, latest = known_versions(name)[distribution]
        assert as_numbers(oldest) == as_numbers(floor.partition(",")[0])
        assert as_numbers(latest) >= as_numbers(oldest)
    assert [facts[point]["failed"] for point in ("oldest", "latest")] == [0, 0]
    assert all(facts[point]["passed"] for point in ("oldest", "latest"))


def _keep(reports: Path, facts: Path, **sessions: dict[str, Any]) -> Any:
    reports.mkdir(exist_ok=True)
    for session, values in sessions.items():
        (reports / f"{session}(crewai).xml").write_text(REPORT.format(**{"tests": 3, "failed": 1} | values))
    subprocess.run([sys.executable, str(ROOT / ".ci" / "compatibility.py"), str(reports), str(facts)], check=True)
    return json.loads(facts.read_text())


def test_reports_become_facts(tmp_path: Path) -> None:
    """Of each point: the day, the versions of the framework alone, the counts, and what the version lacks."""
    runs = {
        "minimums": {"version": "1.15.10", "date": "2026-11-22"},
        "integration": {"version": "2", "date": "2026-11-23"},
    }
    point = {"python": "3.11", "passed": 1, "failed": 1, "lacking": ["no retries"]}
    assert _keep(tmp_path / "reports", tmp_path / "facts.json", **runs) == {
        "crewai": {
            "oldest": {**point, "date": "2026-11-22", "versions": {"crewai": "1.15.10"}},
            "latest": {**point, "date": "2026-11-23", "versions": {"crewai": "2"}},
            "cases": ["tree_is_whole"],
        }
    }


def test_what_did_not_run_is_kept(tmp_path: Path) -> None:
    """A run of one session changes its own facts and no others; the same run again changes no byte."""
    facts = tmp_path / "facts.json"
    bad = {"crewai 1.16.0": "tools lose their agents."}
    facts.write_text(
        json.dumps({"crewai": {"oldest": {"date": "2025-01-01"}, "bad": bad}, "a": {"oldest": 1, "latest": 2}})
    )
    found = _keep(tmp_path / "reports", facts, integration={"version": "2", "date": "2026-11-23"})
    assert found["a"] == {"oldest": 1, "latest": 2}
    assert found["crewai"]["oldest"] == {"date": "2025-01-01"}
    assert found["crewai"]["latest"]["versions"] == {"crewai": "2"}
    assert found["crewai"]["bad"] == bad
    before = facts.read_bytes()
    _keep(tmp_path / "reports", facts)
    assert facts.read_bytes() == before
