"""Run the benchmarks and write ``docs/performance.md`` and ``docs/performance.json``.

``python -m benchmarks`` runs all suites, ``python -m benchmarks recording --repeat 5`` one of them, and
``python -m benchmarks --peers langfuse,logfire`` measures these packages beside agentops, and nothing else.
"""

import argparse
import importlib
from pathlib import Path

from benchmarks import peers
from benchmarks.report import update

SUITES = {path.stem: f"benchmarks.{path.stem}" for path in Path(__file__).parent.glob("*ing.py")}
"""Each suite is a module with ``TITLE``, ``NOTE`` and ``run(repeat) -> list[Row]``."""


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("suites", nargs="*", help=f"which to run (default: all): {', '.join(sorted(SUITES))}")
    parser.add_argument("--repeat", type=int, default=5, help="runs of each, of which the median counts (default: 5)")
    parser.add_argument("--peers", help=f"others' packages to install and measure: {','.join(peers.PEERS)}")
    arguments = parser.parse_args()
    if arguments.peers:
        names = arguments.peers.split(",")
        unknown = set(names) - set(peers.PEERS)
        if unknown:
            parser.error(f"no peer is called {', '.join(sorted(unknown))}; known are: {', '.join(peers.PEERS)}")
        update("recording-peers", peers.TITLE, peers.NOTE, peers.run(arguments.repeat, names))
        return
    for name in arguments.suites or sorted(SUITES):
        suite = importlib.import_module(SUITES[name])
        update(name, suite.TITLE, suite.NOTE, suite.run(arguments.repeat))


if __name__ == "__main__":
    main()
