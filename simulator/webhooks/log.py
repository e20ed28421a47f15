"""What was sent and what came back, for those who look at the webhooks."""

from itertools import islice
from typing import Any

from simulator.state.store import Json
from simulator.state.world import World

KEPT_CONTENTS = 2_000
EXCERPT = 1_000


def note(world: World, row: Json, content: Json | None) -> None:
    """One attempt; with what it carried as long as it is among the latest."""
    row["seq"] = world.deliveries[-1]["seq"] + 1 if world.deliveries else 1
    world.deliveries.append(row)
    world.watchers.tell("delivery", row["event"], row["account"])
    if content is not None:
        world.delivery_contents[row["seq"]] = content
        while len(world.delivery_contents) > KEPT_CONTENTS:
            del world.delivery_contents[next(iter(world.delivery_contents))]


def listing(world: World, after: int, most: int) -> list[Json]:
    """The latest attempts behind a place in the log, oldest first, with their contents."""
    found = islice(reversed(world.deliveries), most)
    rows = [row for row in found if row["seq"] > after]
    nothing: dict[str, Any] = {"request": None, "response": None}
    return [row | world.delivery_contents.get(row["seq"], nothing) for row in reversed(rows)]


def excerpt(text: str) -> str:
    return text if len(text) <= EXCERPT else text[:EXCERPT] + "…"
