"""Whole shifts from a script: YAML or JSON. See simulator/scenarios/ for examples."""

from pathlib import Path

from simulator.control.routes import Row, Visit
from simulator.control.scenario import document, plan
from simulator.state.store import Json

SHIPPED = Path(__file__).resolve().parents[1] / "scenarios"


def progress(visit: Visit) -> Json:
    """What plays or played last, and the names of those that come along."""
    scenario = visit.world.scenario
    shown = scenario and {name: scenario[name] for name in scenario if name != "turns"}
    names = sorted(path.stem for path in SHIPPED.glob("*.yaml"))
    return {"now": visit.world.clock.now_ms(), "scenario": shown, "shipped": names}


def play(visit: Visit) -> Json:
    """The body is a scenario, or `{"shipped": name}`."""
    text = visit.text
    if set(visit.body) == {"shipped"}:
        text = shipped(str(visit.body["shipped"]))
    stage = visit.sandbox.stage
    stage.play(plan.read(document.read(text), stage.rows))
    return progress(visit)


def stop(visit: Visit) -> Json:
    visit.sandbox.stage.stop()
    return progress(visit)


def shipped(name: str) -> str:
    path = SHIPPED / f"{name}.yaml"
    if path.parent != SHIPPED or not path.is_file():
        raise LookupError(f"No scenario of that name comes along: '{name}'")
    return path.read_text("utf-8")


ROUTES: list[Row] = [
    ("GET", "/scenarios", progress),
    ("POST", "/scenarios", play),
    ("DELETE", "/scenarios", stop),
]
