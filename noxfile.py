"""The checks of this repository.

``nox`` runs every check that needs no root and no network beyond package installs, two at a time; ``nox -l`` lists
them; ``nox -s 'integration(langchain)' -- -k retry`` runs one, with arguments for pytest.

A session exists when the tests that it would run exist, so none can pass by having nothing to do.
"""

import os
import shutil
import sys
from pathlib import Path

import nox

nox.needs_version = ">=2026.10"
nox.options.default_venv_backend = "uv|virtualenv"
nox.options.download_python = "never"
nox.options.parallel = 2
nox.options.allow_parallel = True

ROOT = Path(__file__).parent
TESTS = ROOT / "tests"
REPORTS = ROOT / ".nox" / "reports"
REPORTS.mkdir(parents=True, exist_ok=True)
nox.options.report = str(REPORTS / "nox.json")

PROJECT = nox.project.load_toml("pyproject.toml")
EXTRAS = PROJECT["project"]["optional-dependencies"]
GROUPS = PROJECT["dependency-groups"]
PYTHONS = nox.project.python_versions(PROJECT)

# The day on which the oldest supported version of a framework was current. Its own dependencies have moved on since,
# and old frameworks break on new ones (openai-agents 0.6 on openai 2.54) without any doing of ours.
OLDEST_AS_OF = {
    "langchain": "2026-05-15",
    "crewai": "2026-08-15",
    "autogen": "2025-07-15",
    "openai-agents": "2026-04-25",
    "opentelemetry": "2025-06-15",
    "openai": "2025-08-25",
    "anthropic": "2025-10-25",
    "litellm": "2025-11-25",
    "pydantic-ai": "2025-10-01",
    "google-adk": "2026-11-01",
    "strands": "2026-06-05",
    "agent-framework": "2026-07-15",
    "semantic-kernel": "2026-02-15",
    "ag2": "2026-09-15",
    "llama-index": "2025-08-12",
    "smolagents": "2025-07-20",
    "agno": "2026-02-20",
}

# pyenv keeps the interpreters that it built off PATH, all but one.
_PYENV = sorted((Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions").glob("3.*/bin"))
os.environ["PATH"] = os.pathsep.join([os.environ.get("PATH", ""), *map(str, _PYENV)])


def _directory(extra: str) -> str:
    return extra.replace("-", "_")


def _has_tests(*parts: str) -> bool:
    return any(TESTS.joinpath(*parts).rglob("test_*.py"))


INTEGRATIONS = [extra for extra in EXTRAS if _has_tests("integrations", _directory(extra))]
MINIMUMS = ["core", *(name for name in ("dashboard", "server") if _has_tests(name)), *INTEGRATIONS]
# Reads sources and runs none, so one Python is enough.
CONVENTIONS = "tests/core/test_conventions.py"
COMPATIBILITY = ROOT / "docs" / "compatibility.md"
DEMO_FRAMEWORKS = [
    extra for extra in INTEGRATIONS if (ROOT / "integrations" / f"agentops_{_directory(extra)}" / "demo.py").exists()
]
PAGE_TESTS = ["test_its_page_runs", "test_its_example_runs"]


def _ids(names: list[str]) -> list[object]:
    return [nox.param(name, id=name) for name in names]


def _install(session: nox.Session, *extras: str, groups: tuple[str, ...] = (), options: tuple[str, ...] = ()) -> None:
    """Install the project with these extras, the dependency groups, and each extra's ``test-<extra>`` group."""
    groups += tuple(f"test-{extra}" for extra in extras if f"test-{extra}" in GROUPS)
    project = f".[{','.join(extras)}]" if extras else "."
    session.install(*options, "-e", project, *nox.project.dependency_groups(PROJECT, *groups))


def _pytest(session: nox.Session, *paths: str | Path, env: dict[str, str] | None = None) -> None:
    """Run pytest on these paths, and leave its counts in a JUnit file named after the session."""
    # Two sessions at once must not write the same cache.
    own = [f"--junitxml={REPORTS / session.name}.xml", "-o", f"cache_dir={session.cache_dir / session.name / 'pytest'}"]
    session.run("python", "-m", "pytest", *own, *map(str, paths), *session.posargs, env=env)


def _mypy(session: nox.Session, *paths: str | Path) -> None:
    session.run("mypy", f"--cache-dir={session.cache_dir / session.name / 'mypy'}", *map(str, paths))


def _chromium(session: nox.Session) -> str:
    names = ("chromium", "chromium-browser", "google-chrome", "chrome")
    browser = os.environ.get("AGENTOPS_TEST_BROWSER") or next(filter(None, map(shutil.which, names)), None)
    if browser is None:
        message = "No Chromium found: install it (Debian: apt-get install chromium) or set AGENTOPS_TEST_BROWSER."
        session.error(message) if os.environ.get("CI") else session.skip(message)
    return str(browser)


def _clickhouse_engine(session: nox.Session) -> str:
    if not shutil.which("npm"):
        message = "No npm found: it brings the ClickHouse engine (Debian: apt-get install npm)."
        session.error(message) if os.environ.get("CI") else session.skip(message)
    engine = session.cache_dir / "clickhouse"
    package = "@chdb/lib-linux-x64-gnu@26.7.3-stable.1"
    session.run("npm", "install", "--silent", "--no-audit", "--prefix", str(engine), package, external=True)
    return str(engine / "node_modules" / "@chdb")


@nox.session
def lint(session: nox.Session) -> None:
    """Check style, format, who imports whom, spelling, and the rules that no linter knows."""
    session.install(*nox.project.dependency_groups(PROJECT, "lint", "test"))
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")
    session.run("lint-imports", env={"PYTHONPATH": os.pathsep.join(("core", "integrations", "dashboard"))})
    session.run("codespell")
    tracked = session.run("git", "ls-files", external=True, silent=True) or ""
    session.run("python", ".ci/check_files.py", *filter(os.path.exists, tracked.split()), log=False)
    _pytest(session, CONVENTIONS)


@nox.session
def types(session: nox.Session) -> None:
    """Check the types of what records and of the dashboard, as strictly as mypy can; integrations check their own."""
    _install(session, "demo", "server", "clickhouse", groups=("mypy", "test"))
    _mypy(session, "core", "dashboard")


@nox.session(python=PYTHONS)
def core(session: nox.Session) -> None:
    """Test what records, on every supported Python, with no framework installed."""
    _install(session, groups=("test", "test-core"))
    _pytest(session, "tests/core", f"--ignore={CONVENTIONS}")


if INTEGRATIONS:

    @nox.session
    @nox.parametrize("extra", _ids(INTEGRATIONS))
    def integration(session: nox.Session, extra: str) -> None:
        """Test one integration, its page, its example and its types, with its framework and no other."""
        _install(session, extra, groups=("test", "mypy"))
        pages = [f"tests/docs/test_integration_pages.py::{test}[{_directory(extra)}]" for test in PAGE_TESTS]
        _pytest(session, f"tests/integrations/{_directory(extra)}", *pages)
        _mypy(session, ROOT / "integrations" / f"agentops_{_directory(extra)}")


@nox.session(venv_backend="uv")
@nox.parametrize("extra", _ids(MINIMUMS))
def minimums(session: nox.Session, extra: str) -> None:
    """Test with the oldest versions that we say we support."""
    options = ["--resolution=lowest-direct"]
    if extra in OLDEST_AS_OF:
        options.append(f"--exclude-newer={OLDEST_AS_OF[extra]}")
    _install(session, *([] if extra == "core" else [extra]), options=tuple(options))
    # The tools are not what is tested: today's, but nothing that is installed moves for them.
    tools = nox.project.dependency_groups(PROJECT, "test", *(["test-core"] if extra == "core" else []))
    installed = session.run("uv", "pip", "freeze", "--quiet", "--exclude-editable", silent=True) or ""
    oldest = Path(session.virtualenv.location) / "oldest.txt"
    oldest.write_text(installed)
    session.log("Testing with " + ", ".join(installed.split()))
    session.install(*tools, "--constraint", str(oldest))
    where = TESTS / extra if extra in {"core", "dashboard", "server"} else TESTS / "integrations" / _directory(extra)
    _pytest(session, where, f"--ignore={CONVENTIONS}")


if _has_tests("dashboard"):

    @nox.session
    def dashboard(session: nox.Session) -> None:
        """Test the store, the reader, the HTTP API and the pages' HTML."""
        _install(session, "dashboard", groups=("test",))
        _pytest(session, "tests/dashboard")


if _has_tests("server"):

    @nox.session
    def server(session: nox.Session) -> None:
        """Test the server with a login: accounts, keys, who may do what, metrics."""
        _install(session, "server", groups=("test",))
        _pytest(session, "tests/server")


if _has_tests("e2e"):

    @nox.session
    def e2e(session: nox.Session) -> None:
        """Test the dashboard in a real browser."""
        _install(session, "demo", "server", groups=("test", "test-e2e"))
        _pytest(session, "tests/e2e", env={"AGENTOPS_TEST_BROWSER": _chromium(session)})


if _has_tests("scale"):

    @nox.session
    def scale(session: nox.Session) -> None:
        """Test the dashboard in a real browser over a million spans, which take minutes to write."""
        _install(session, "dashboard", groups=("test", "test-e2e"))
        _pytest(session, "tests/scale", env={"AGENTOPS_TEST_BROWSER": _chromium(session)})


if _has_tests("demos"):

    @nox.session
    def demos(session: nox.Session) -> None:
        """Record the demo of every framework in one environment, and look at each in a real browser."""
        _install(session, "demo", "server", *DEMO_FRAMEWORKS, groups=("test", "test-e2e", "test-autogen"))
        _pytest(session, "tests/demos", env={"AGENTOPS_TEST_BROWSER": _chromium(session)})


if _has_tests("interop"):

    @nox.session
    def interop(session: nox.Session) -> None:
        """Test LangChain, CrewAI, AutoGen and OpenAI Agents in one process and one session."""
        _install(session, "langchain", "crewai", "autogen", "openai-agents", groups=("test",))
        _pytest(session, "tests/interop")


if _has_tests("instrumentations"):

    @nox.session
    def instrumentations(session: nox.Session) -> None:
        """Test other projects' instrumentations of frameworks and of openai, with agentops beside them."""
        _install(session, "opentelemetry", "langchain", "openai", "anthropic", groups=("test", "test-instrumentations"))
        _pytest(session, "tests/instrumentations")


if _has_tests("clickhouse"):

    @nox.session
    def clickhouse(session: nox.Session) -> None:
        """Test the store on a real ClickHouse, which an npm package carries as a library."""
        engine = _clickhouse_engine(session)
        _install(session, "clickhouse", "server", groups=("test", "test-dashboard"))
        _pytest(session, "tests/clickhouse", env={"AGENTOPS_TEST_CHDB": engine})


if _has_tests("clients"):

    @nox.session
    def clients(session: nox.Session) -> None:
        """Send to the collector with other projects' own SDKs and exporters."""
        _install(session, "server", groups=("test",))
        _pytest(session, "tests/clients")


if _has_tests("fuzz"):

    @nox.session
    def fuzz(session: nox.Session) -> None:
        """Feed the collector and the pages what nobody would send on purpose."""
        _install(session, "dashboard", groups=("test", "test-fuzz"))
        _pytest(session, "tests/fuzz")


if _has_tests("typing"):

    @nox.session
    def typing(session: nox.Session) -> None:
        """Check that decorators and handles keep their types for users of mypy and of pyright."""
        _install(session, groups=("test", "test-typing"))
        _pytest(session, "tests/typing")


if _has_tests("docs"):

    @nox.session
    def docs(session: nox.Session) -> None:
        """Run every Python block of the documentation, and check that everything is documented."""
        _install(session, "demo", groups=("test", "docs"))
        _pytest(session, "tests/docs", "--ignore=tests/docs/test_integration_pages.py")


if _has_tests("packaging"):

    @nox.session
    def packaging(session: nox.Session) -> None:
        """Install from a clone, a wheel, an sdist and in place, with plain pip, and use what came."""
        session.install(*nox.project.dependency_groups(PROJECT, "test", "test-packaging"))
        _pytest(session, "tests/packaging")


if (ROOT / "benchmarks" / "__main__.py").exists():

    @nox.session(default=False)
    def bench(session: nox.Session) -> None:
        """Measure what recording and reading cost, as ratios against a baseline of the same run."""
        _install(session, "dashboard", "langchain", groups=("bench",) if "bench" in GROUPS else ())
        session.run("python", "-m", "benchmarks", *session.posargs)

    @nox.session(default=False)
    @nox.parametrize("extra", _ids([extra for extra in DEMO_FRAMEWORKS if extra != "opentelemetry"]))
    def overhead(session: nox.Session, extra: str) -> None:
        """Measure what recording adds to an agent run of one framework, and write it down beside the others."""
        _install(session, extra)
        session.run("python", "-m", "benchmarks.framework_overhead", extra, "--write", *session.posargs)

    @nox.session(default=False, name="bench-server")
    def bench_server(session: nox.Session) -> None:
        """Measure what collecting and reading costs, on a million spans.

        With --clickhouse collecting on that, with --browser the pages in one, with --peers other servers beside ours.
        """
        on_clickhouse, in_browser = "--clickhouse" in session.posargs, "--browser" in session.posargs
        env = {"AGENTOPS_TEST_CHDB": _clickhouse_engine(session)} if on_clickhouse else {}
        env |= {"AGENTOPS_TEST_BROWSER": _chromium(session)} if in_browser else {}
        extras = ["dashboard", *(["clickhouse"] if on_clickhouse else [])]
        _install(session, *extras, groups=("test-e2e",) if in_browser else ())
        session.run("python", "-m", "benchmarks", "serving", *session.posargs, env=env)


if (ROOT / "docs" / "screenshots.py").exists():

    @nox.session(default=False)
    def screenshots(session: nox.Session) -> None:
        """Take the pictures of the documentation again."""
        browser = _chromium(session)
        _install(session, "demo", groups=("pictures",))
        session.run("python", "docs/screenshots.py", *session.posargs, env={"AGENTOPS_TEST_BROWSER": browser})

    @nox.session(default=False)
    @nox.parametrize("extra", _ids(INTEGRATIONS))
    def pictures(session: nox.Session, extra: str) -> None:
        """Take the picture of one framework's tree again."""
        browser = _chromium(session)
        _install(session, "dashboard", extra, groups=("pictures",))
        session.run("python", "docs/screenshots.py", extra, env={"AGENTOPS_TEST_BROWSER": browser})


@nox.session(default=False)
def changelog(session: nox.Session) -> None:
    """Gather the fragments into CHANGELOG.md for a release: ``nox -s changelog -- 1.1.0``."""
    if not session.posargs:
        session.error("Say which version: nox -s changelog -- 1.1.0")
    session.install(*nox.project.dependency_groups(PROJECT, "changelog"))
    session.run("towncrier", "build", "--version", session.posargs[0], *session.posargs[1:])


@nox.session(default=False)
def reference(session: nox.Session) -> None:
    """Write the tables of docs/reference and docs/compatibility.md again, from the code."""
    _install(session, groups=("reference",))
    _write_tables(session, *(ROOT / "docs" / "reference").glob("*.md"), COMPATIBILITY)


@nox.session(default=False)
def compatibility(session: nox.Session) -> None:
    """Test each framework's oldest and latest version, and write what came of it: page, and what doctor knows.

    ``nox -s compatibility -- langchain crewai`` renews the facts about these two only.
    """
    _install(session, groups=("reference",))
    for report in [*REPORTS.glob("integration(*).xml"), *REPORTS.glob("minimums(*).xml")]:
        report.unlink()
    # A version that fails is a finding, to be written down like the others.
    chosen = [f"{kind}({name})" for name in session.posargs or INTEGRATIONS for kind in ("integration", "minimums")]
    session.run(sys.executable, "-m", "nox", "-s", *chosen, external=True, success_codes=[0, 1])
    session.run("python", ".ci/compatibility.py", str(REPORTS), "core/agentops/compatibility.json")
    _write_tables(session, COMPATIBILITY)


def _write_tables(session: nox.Session, *pages: Path) -> None:
    session.run("python", "-m", "cogapp", "-I", "docs/reference", "-r", *map(str, sorted(pages)))


if __name__ == "__main__":
    sys.exit("This file is for nox. Run: python3 -m venv .venv && .venv/bin/pip install nox uv && .venv/bin/nox")
