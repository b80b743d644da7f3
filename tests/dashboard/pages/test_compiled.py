"""Compiled templates are kept like compiled modules, and do without where they cannot be."""

import sys

from jinja2 import DictLoader, Environment

from agentops_dashboard.pages.compiled import compiled_templates


def _render(cache, source="hello {{ name }}"):
    return Environment(loader=DictLoader({"a": source}), bytecode_cache=cache).get_template("a").render(name="you")


def test_they_are_kept_beside_compiled_modules_and_follow_their_source(tmp_path, monkeypatch):
    """One file per template, made anew when the template has changed."""
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    monkeypatch.setattr(sys, "pycache_prefix", str(tmp_path))
    assert _render(compiled_templates()) == "hello you"
    [kept] = tmp_path.rglob("*.cache")
    assert kept.parent.name == "templates"
    before = kept.stat().st_mtime_ns
    assert _render(compiled_templates()) == "hello you"
    assert kept.stat().st_mtime_ns == before
    assert _render(compiled_templates(), "goodbye {{ name }}") == "goodbye you"


def test_pages_are_there_where_nothing_can_be_kept(tmp_path, monkeypatch):
    """On a file system that refuses, with a directory that has gone, and where Python is told to write no byte code."""
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    monkeypatch.setattr(sys, "pycache_prefix", str(tmp_path / "a"))
    cache = compiled_templates()
    for directory in sorted((tmp_path / "a").rglob("*"), reverse=True):
        directory.rmdir()
    assert _render(cache) == "hello you"
    (tmp_path / "file").write_text("")
    monkeypatch.setattr(sys, "pycache_prefix", str(tmp_path / "file"))
    assert compiled_templates() is None
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    monkeypatch.setattr(sys, "pycache_prefix", str(tmp_path))
    assert compiled_templates() is None
