"""Run the benchmarks and write ``docs/performance.md`` and ``docs/performance.json``.

``python -m benchmarks`` runs all suites, ``python -m benchmarks recording --repeat 5`` one of them, and
``python -m benchmarks --peers langfuse,logfire`` measures these packages beside agentops, and nothing else; so does
``python -m benchmarks serving --peers phoenix,mlflow`` with servers.
"""

import argparse
import importlib
from pathlib import Path

from benchmarks import peers, server_peers
from benchmarks.report import update

SUITES = {path.stem: f"benchmarks.{path.stem}" for path in Path(__file__).parent.glob("*ing.py")}
"""Each suite is a module with ``TITLE``, ``NOTE`` and ``run(repeat) -> list[Row]``."""
_ALL_PEERS = f"{','.join(peers.PEERS)}; with serving: {','.join(server_peers.PEERS)}"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("suites", nargs="*", help=f"which to run (default: all): {', '.join(sorted(SUITES))}")
    parser.add_argument("--repeat", type=int, default=5, help="runs of each, of which the median counts (default: 5)")
    parser.add_argument("--peers", help=f"others' packages to install and measure: {_ALL_PEERS}")
    parser.add_argument("--clickhouse", action="store_true", help="collecting on ClickHouse, and nothing else")
    parser.add_argument("--browser", action="store_true", help="the pages in a browser, and nothing else")
    arguments = parser.parse_args()
    for module, is_asked in (("on_clickhouse", arguments.clickhouse), ("in_browser", arguments.browser)):
        if is_asked:
            part = importlib.import_module(f"benchmarks.{module}")
            update(f"serving-{module.partition('_')[2]}", part.TITLE, part.NOTE, part.run(arguments.repeat))
            return
    if arguments.peers:
        # The serving suite is measured beside servers, the others beside what records.
        suite, beside = ("serving", server_peers) if arguments.suites == ["serving"] else ("recording", peers)
        names = arguments.peers.split(",")
        unknown = set(names) - set(beside.PEERS)
        if unknown:
            parser.error(f"no peer is called {', '.join(sorted(unknown))}; known are: {', '.join(beside.PEERS)}")
        update(f"{suite}-peers", beside.TITLE, beside.NOTE, beside.run(arguments.repeat, names))
        return
    for name in arguments.suites or sorted(SUITES):
        suite = importlib.import_module(SUITES[name])
        update(name, suite.TITLE, suite.NOTE, suite.run(arguments.repeat))


if __name__ == "__main__":
    main()
