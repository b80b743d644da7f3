"""Addresses that lead nowhere: a page for people, a sentence for programs."""

from pathlib import Path

from fastapi.testclient import TestClient

from agentops_dashboard.app import create_app


def test_a_mistyped_address_is_answered_with_a_page(tmp_path: Path) -> None:
    """With the way on, and what was asked for as text; a program that asks for the same gets JSON."""
    with TestClient(create_app(tmp_path, with_importer=False), base_url="http://127.0.0.1") as client:
        for path in ("/sesions", "/static/nope.css", "/<script>"):
            answer = client.get(path, headers={"accept": "text/html,*/*"})
            assert answer.status_code == 404
            assert "There is no page /" in answer.text
            assert 'href="/sessions"' in answer.text
            assert "<script>" not in answer.text.replace('<script type="module"', "")
            assert client.get(path).json()["error"]["message"].startswith("There is nothing at '/")
        assert "error" in client.get("/api/v1/nope", headers={"accept": "text/html"}).json()


def test_another_project_is_not_this_one(tmp_path: Path) -> None:
    """A link to a project of a server with a login shows no sessions of this machine under that name."""
    with TestClient(create_app(tmp_path, with_importer=False), base_url="http://127.0.0.1") as client:
        for path in ("/sessions", "/analytics", "/settings"):
            answer = client.get(f"{path}?project=<checkout>", headers={"accept": "text/html"})
            assert (answer.status_code, "There is no project &#39;&lt;checkout&gt;&#39;" in answer.text) == (404, True)
            assert client.get(f"{path}?project=default", headers={"accept": "text/html"}).status_code == 200
