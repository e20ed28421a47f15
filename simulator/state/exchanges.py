"""Every /v1 request and its answer, kept for those who check what was really sent."""

import json
from typing import TYPE_CHECKING, Any

from simulator.state.store import Json

if TYPE_CHECKING:
    from simulator.state.world import World


class Exchange:
    """One line of the record; `status` stays null while there is no answer, or never was."""

    __slots__ = (
        "account",
        "at",
        "body",
        "connection",
        "fault",
        "idempotency_key",
        "ignored",
        "method",
        "operation",
        "params",
        "path",
        "replayed",
        "request_id",
        "seq",
        "status",
    )

    def __init__(self, world: "World", method: str, path: str, connection: int) -> None:
        world.exchange_count += 1
        self.seq = world.exchange_count
        self.at = world.clock.now_ms()
        self.method = method
        self.path = path
        self.connection = connection
        self.operation = self.account = self.request_id = self.body = ""
        self.params: Json = {}
        self.ignored: list[str] = []
        self.idempotency_key: str | None = None
        self.status: int | None = None
        self.replayed = False
        self.fault: str | None = None
        world.exchanges.append(self)

    def to_json(self) -> Json:
        shown: Json = {name: getattr(self, name) for name in self.__slots__ if name != "body"}
        body: Any = json.loads(self.body) if self.body else None
        return shown | {"response": body}
