"""A scenario as a document tells it, checked to the last word and turned into JSON."""

from simulator.control.routes import Row
from simulator.control.scenario import customers, steps, timing
from simulator.control.scenario.document import Item
from simulator.state.store import Json
from simulator.state.times import moment_ms

KNOWN = ("name", "description", "seed", "clock", "ends", "accounts", "steps", "customers")
ADDRESS = {"line1": "1 Main Street", "city": "Springfield", "postal_code": "62701"}


def read(document: Item, rows: list[Row]) -> Json:
    """All of it, or ScenarioError with the line."""
    fields = document.fields(*KNOWN)
    if "steps" not in fields and "customers" not in fields:
        raise document.wrong("A scenario has steps, or customers, or both.")
    scenario: Json = {
        "name": fields["name"].text() if "name" in fields else "scenario",
        "seed": int(fields["seed"].number()) if "seed" in fields else None,
        "ends": timing.moment(fields["ends"]) if "ends" in fields else None,
        **_clock(fields.get("clock")),
    }
    return scenario | {
        "accounts": [_account(each) for each in _items(fields, "accounts")],
        "steps": [steps.read(each, rows) for each in _items(fields, "steps")],
        "customers": [customers.read(each) for each in _items(fields, "customers")],
    }


def _items(fields: dict[str, Item], name: str) -> list[Item]:
    return fields[name].items() if name in fields else []


def _clock(item: Item | None) -> Json:
    clock: Json = {"start_ms": None, "speed": None}
    if item is None:
        return clock
    fields = item.fields("start", "speed")
    if "start" in fields:
        start = fields["start"]
        clock["start_ms"] = start.read(lambda: moment_ms(start.value, "This"))
    if "speed" in fields:
        clock["speed"] = fields["speed"].number(0, 100_000)
    return clock


def _account(item: Item) -> Json:
    """`platform: true` is the platform's own account; others are made sure of."""
    fields = item.fields(
        *("platform", "id", "country", "business_name", "mcc", "default_currency", "locations")
    )
    country = fields["country"].text() if "country" in fields else "US"
    locations = [_location(each, country) for each in _items(fields, "locations")]
    body = item.body()
    body.pop("locations", None)
    return {"platform": body.pop("platform", False) is True, "body": body, "locations": locations}


def _location(item: Item, country: str) -> Json:
    fields = item.fields("display_name", "address", "readers")
    if "display_name" not in fields:
        raise item.wrong("A location has a display_name.")
    address = fields["address"].body() if "address" in fields else {}
    return {
        "display_name": fields["display_name"].text(),
        "address": ADDRESS | {"country": country} | address,
        "readers": [_reader(each) for each in _items(fields, "readers")],
    }


def _reader(item: Item) -> Json:
    fields = item.fields("label", "registration_code")
    if "label" not in fields:
        raise item.wrong("A reader has a label; steps and customers find it by that.")
    code = fields.get("registration_code")
    return {
        "label": fields["label"].text(),
        "registration_code": code.text() if code else "simulated-wpe",
    }
