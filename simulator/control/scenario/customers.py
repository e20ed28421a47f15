"""Virtual customers: what they are like, and what they do at a reader that waits for them."""

import random
from fnmatch import fnmatchcase
from typing import Any

from simulator.control.scenario.document import Item
from simulator.payments import cards
from simulator.state.store import Json, Record
from simulator.state.world import World
from simulator.terminal import forms, presentment
from simulator.terminal.device import CHOOSING_TIP, COLLECTING_INPUTS, ENTERING_PIN, WAITING
from simulator.terminal.screen import screen

DEFAULTS: Json = {
    "readers": "*",
    "account": None,
    "cards": {"visa": 1},
    "methods": {"tap": 1},
    "tips": {"0": 1},
    "think_ms": [2_000, 6_000],
    "cancels": 0.0,
    "walks_away": 0.0,
    "wrong_pin": 0.0,
    "skips_inputs": 0.0,
    "leaves_card_in": 0.0,
}
CHANCES = ("cancels", "walks_away", "wrong_pin", "skips_inputs", "leaves_card_in")
PAYS, CANCELS, WALKS_AWAY = "pays", "cancels", "walks_away"


def read(item: Item) -> Json:
    """One kind of customer. Chances are from 0 to 1; cards, methods and tips have weights."""
    fields = item.fields("readers", "account", "cards", "methods", "tips", "think", *CHANCES)
    kind = dict(DEFAULTS)
    for name in ("readers", "account"):
        if name in fields:
            kind[name] = fields[name].text()
    for name in ("cards", "methods", "tips"):
        if name in fields:
            kind[name] = _weights(fields[name])
    for name in CHANCES:
        if name in fields:
            kind[name] = fields[name].number(0, 1)
    if "think" in fields:
        kind["think_ms"] = _range(fields["think"])
    _require_known(fields)
    return kind


def _weights(item: Item) -> dict[str, float]:
    weights = {name: each.number() for name, each in item.mapping().items()}
    if not sum(weights.values()):
        raise item.wrong("These weights have a sum above 0.")
    return weights


def _range(item: Item) -> list[int]:
    ends = item.items() if isinstance(item.value, list) else [item, item]
    least, most = (each.duration_ms() for each in (ends[0], ends[-1]))
    if len(ends) != 2 or least > most:
        raise item.wrong("This is a duration, or a range: [least, most].")
    return [least, most]


def _require_known(fields: dict[str, Item]) -> None:
    for name, item in fields["cards"].mapping().items() if "cards" in fields else ():
        if cards.find(name) is None:
            raise item.wrong(f"There is no such test card. There are: {', '.join(cards.names())}.")
    for name, item in fields["methods"].mapping().items() if "methods" in fields else ():
        if name not in presentment.METHODS:
            raise item.wrong(f"A method is one of: {', '.join(presentment.METHODS)}.")
    for name, item in fields["tips"].mapping().items() if "tips" in fields else ():
        if not name.removesuffix("%").isdigit():
            raise item.wrong("A tip is an amount in the smallest unit, or a share such as 15%.")


def comes_to(reader: Record, which: str, account: str | None) -> bool:
    named = fnmatchcase(reader.data["label"] or "", which) or fnmatchcase(reader.id, which)
    return named and (account is None or fnmatchcase(reader.account, account))


def turn(reader: Record) -> list[Any] | None:
    """What the reader waits for, different each time it waits anew; None when for nobody."""
    hidden = reader.hidden
    if hidden["phase"] not in ACTS:
        return None
    form, attempt = hidden["form"] or {}, hidden["attempt"] or {}
    return [hidden["command"], hidden["phase"], form.get("index", 0), attempt.get("tries", 0)]


def fate(kind: Json, dice: random.Random) -> str:
    """How it will end, once per command."""
    roll = dice.random()
    if roll < kind["walks_away"]:
        return WALKS_AWAY
    return CANCELS if roll < kind["walks_away"] + kind["cancels"] else PAYS


def act(world: World, reader: Record, kind: Json, ending: str) -> tuple[str, Json]:
    """What to call below `/readers/{id}/`, and with what."""
    if ending == CANCELS and screen(world, reader)["can_cancel"]:
        return "cancel_by_customer", {}
    return ACTS[reader.hidden["phase"]](world, reader, kind)


def _choose_tip(world: World, reader: Record, kind: Json) -> tuple[str, Json]:
    chosen = pick(world.dice, kind["tips"])
    if not chosen.endswith("%"):
        return "tip", {"amount": int(chosen)}
    amount = screen(world, reader)["amount"] or 0
    return "tip", {"amount": amount * int(chosen[:-1]) // 100}


def _present(world: World, reader: Record, kind: Json) -> tuple[str, Json]:
    method = pick(world.dice, kind["methods"])
    leaves = method == "insert" and world.dice.random() < kind["leaves_card_in"]
    card = pick(world.dice, kind["cards"])
    return "present", {"card": card, "method": method, "ask_pin": True, "leave_in": leaves}


def _enter_pin(world: World, reader: Record, kind: Json) -> tuple[str, Json]:
    wrong = world.dice.random() < kind["wrong_pin"]
    return "pin", {"digits": "0000" if wrong else presentment.OFFLINE_PIN}


def _answer(world: World, reader: Record, kind: Json) -> tuple[str, Json]:
    shown = forms.current(reader)
    if not shown["required"] and world.dice.random() < kind["skips_inputs"]:
        return "inputs", {"skip": True}
    if shown["type"] == "selection":
        choices = shown["selection"]["choices"]
        return "inputs", {"value": choices[world.dice.randrange(len(choices))]["id"]}
    return "inputs", {"value": forms.CANNED.get(shown["type"], "")}


ACTS = {
    CHOOSING_TIP: _choose_tip,
    WAITING: _present,
    ENTERING_PIN: _enter_pin,
    COLLECTING_INPUTS: _answer,
}


def pick(dice: random.Random, weights: dict[str, float]) -> str:
    return dice.choices(list(weights), list(weights.values()))[0]
