"""`python -m simulator`: see README.md."""

import argparse
import gc
import sys
from pathlib import Path

from simulator.app import Application
from simulator.control.api import ROUTES
from simulator.control.scenario import document, plan
from simulator.control.scenario.document import ScenarioError
from simulator.control.scenarios import shipped
from simulator.server import bind, serve
from simulator.state.journal import Journal
from simulator.state.store import Json
from simulator.state.times import moment_ms
from simulator.state.world import World


def _moment(text: str) -> int:
    try:
        return moment_ms(text, "--start")
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _scenario(name: str) -> Json:
    """Checked before anything starts; one clear sentence and the end when something is wrong."""
    try:
        text = Path(name).read_text("utf-8") if Path(name).exists() else shipped(name)
        return plan.read(document.read(text), ROUTES)
    except (ScenarioError, LookupError, OSError) as error:
        sys.exit(f"{name}: {error.args[-1]}")


def main() -> None:
    parser = argparse.ArgumentParser(prog="simulator", description="A local Stripe.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=12111, help="0 picks a free one")
    parser.add_argument("--seed", type=int, default=0, help="ids and chance follow from it")
    parser.add_argument("--journal", type=Path, metavar="DIR", help="keep the state there")
    parser.add_argument("--scenario", metavar="FILE", help="a file, or the name of a shipped one")
    parser.add_argument("--start", type=_moment, metavar="TIME", help="where the clock begins")
    parser.add_argument("--speed", type=float, default=1.0, help="how fast it runs; 0 stands still")
    parser.add_argument("--exit-with-parent", action="store_true", help="end when the parent does")
    options = parser.parse_args()
    scenario = options.scenario and _scenario(options.scenario)
    sock = bind(options.host, options.port)
    journal = Journal(options.journal) if options.journal else None
    application = Application(World(options.seed, journal, options.start, options.speed), scenario)
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)  # much is kept for ever; looking at it often is a waste
    serve(application, sock, exit_with_parent=options.exit_with_parent)


if __name__ == "__main__":
    main()
