"""Everything the simulator knows, in one place, and how it is kept and forgotten."""

import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any

from simulator.state import switches
from simulator.state.clock import Agenda, Clock
from simulator.state.faults import Fault, Faults
from simulator.state.history import History
from simulator.state.idempotency import Keys, Stored
from simulator.state.ids import Dice, Ids
from simulator.state.journal import Journal
from simulator.state.limits import Limits
from simulator.state.store import Json, Record, Store
from simulator.state.watchers import Watchers
from simulator.state.webhook_policy import WebhookPolicy

PLATFORM = "acct_1SimPlatform00000"
APPLICATION = "ca_SimPlatform0000000000000000"
API_VERSION = "2026-08-26.dahlia"
KEPT_EXCHANGES = 50_000
KEPT_DELIVERIES = 200_000
SINGLE = ("seed", "ids", "time", "switches", "policy", "faults", "api_keys", "scenario")
# What those who watch hear when a table changes; the kind of the record for records.
TOLD = {
    "record": "record",
    "time": "clock",
    "switches": "switch",
    "policy": "policy",
    "faults": "fault",
    "pending": "delivery",
    "scenario": "scenario",
}


class World:
    """One sandbox. Handlers change it within one step of the event loop, so never half-way."""

    def __init__(
        self,
        seed: int = 0,
        journal: Journal | None = None,
        start_ms: int | None = None,
        speed: float = 1.0,
    ) -> None:
        """`start_ms` and `speed` are where the clock begins and how fast it runs."""
        self._origin = (seed, start_ms, speed)
        # A scenario listens here: every saved record.
        self.saved: Callable[[Record], None] = lambda record: None
        self.journal = journal
        self.watchers = Watchers()
        # The webhook deliverer puts itself here: what to do with an event for an endpoint.
        self.deliver: Callable[[Record, Record], None] = lambda event, endpoint: None
        self.forget_everything()

    def forget_everything(
        self, seed: int | None = None, start_ms: int | None = None, speed: float | None = None
    ) -> None:
        """The fresh state of the seed; of the one the process was started with, unless told."""
        own_seed, own_start_ms, own_speed = self._origin
        self.seed = own_seed if seed is None else seed
        self.clock = Clock(
            own_start_ms if start_ms is None else start_ms, own_speed if speed is None else speed
        )
        self.ids = Ids(self.seed)
        self.dice = Dice(self.ids)
        self.store = Store()
        self.agenda = Agenda(self.clock)
        self.keys = Keys(self.clock)
        self.faults = Faults()
        self.history: History | None = None
        self.scenario: Json | None = None
        self.limits = Limits()
        self.policy = WebhookPolicy()
        self.switches: Json = dict(switches.DEFAULTS)
        self.pending: dict[str, Json] = {}
        self.deliveries: deque[Json] = deque(maxlen=KEPT_DELIVERIES)
        self.delivery_contents: dict[int, Json] = {}
        # What is known of a key besides that it exists, which any test key does.
        self.api_keys: dict[str, Json] = {}
        self.exchanges: deque[Any] = deque(maxlen=KEPT_EXCHANGES)
        self.exchange_count = 0
        self.nobody_asked()
        self.connections: set[int] = set()
        self._changed: dict[tuple[str, str], None] = {}
        self.agenda.changed = lambda number: self.note("job", str(number))
        self.faults.changed = lambda: self.note("faults")
        self.keys.changed = lambda key: self.note("key", " ".join(key))
        self.watchers.tell("reset")

    def nobody_asked(self) -> None:
        """What follows is no consequence of an API request: its events name none."""
        self.cause: Json = {"id": None, "idempotency_key": None}

    # Objects

    def new(self, kind: str, account: str, data: Json, hidden: Json | None = None) -> Record:
        record = self.store.add(kind, account, data, hidden)
        self.save(record)
        return record

    def save(self, record: Record) -> None:
        """To be called after every change of a record, or the journal misses it."""
        self.note("record", record.id)
        if self.history is not None:
            self.history.keep(record, self.clock.now_ms())
        if self.scenario is not None:
            self.saved(record)

    def remove(self, record: Record) -> None:
        self.note("record", record.id)
        self.store.remove(record)
        if self.history is not None:
            self.history.keep(record, self.clock.now_ms(), removed=True)

    def get(self, id: str) -> Record:
        return self.store.by_id[id]

    # Time

    def told_time(self) -> float:
        """Seconds, as Date headers and signatures tell them: receivers compare with clocks of
        their own, so the true time is the default."""
        if self.switches["webhook_signature_clock"] == "real":
            return time.time()
        return self.clock.now_ms() / 1000

    def faults_changed(self) -> None:
        """Keep what they need to be kept, and not longer."""
        self.note("faults")
        longest = self.faults.longest_ago_ms
        if not longest:
            self.history = None
        elif self.history is None:
            self.history = History(self.store, longest)
        else:
            self.history.longest_ms = longest

    @contextmanager
    def as_of(self, seconds: float) -> Iterator[None]:
        """Everything as it was then, to be read within one step of the event loop."""
        assert self.history is not None
        store, now = self.store, self.clock.now_ms()
        moment = now - int(seconds * 1000)
        self.store = self.history.at(moment)
        self.clock.show(moment)
        try:
            yield
        finally:
            self.store = store
            self.clock.show(now)

    # The journal

    def note(self, table: str, key: str = "") -> None:
        if self.journal is not None:
            self._changed[table, key] = None
        if self.watchers.open and table in TOLD:
            self._tell(TOLD[table], key)

    def _tell(self, kind: str, key: str) -> None:
        if kind == "record":
            record = self.store.by_id[key]
            self.watchers.tell(record.kind, record.id, record.account)
        else:
            self.watchers.tell(kind, key)

    def commit(self) -> None:
        """Write what changed since the last time; nothing without a journal."""
        if self.journal is None or not self._changed:
            return
        self._changed["ids", ""] = None
        self.journal.append([(t, k, self._saved(t, k)) for t, k in self._changed])
        self._changed.clear()

    def _saved(self, table: str, key: str) -> Any:
        """The row as it is now, null when it is gone."""
        if table == "record":
            record = self.store.by_id.get(key)
            return record and record.to_json()
        if table == "key":
            account, _, name = key.partition(" ")
            stored = self.keys.stored.get((account, name))
            return None if stored is None or stored.in_flight else asdict(stored)
        if table == "job":
            return self.agenda.jobs.get(int(key))
        if table == "pending":
            return self.pending.get(key)
        return self._single(table)

    def _single(self, table: str) -> Any:
        """The tables of one row."""
        rows: dict[str, Any] = {
            "ids": self.ids.counters,
            "seed": self.seed,
            "time": self.clock.to_json(),
            "scenario": self.scenario,
            "switches": self.switches,
            "policy": self.policy.to_json(),
            "faults": [asdict(fault) for fault in self.faults.planned],
            "api_keys": self.api_keys,
        }
        return rows[table]

    def rewrite_journal(self) -> None:
        if self.journal is None:
            return
        rows = {
            "record": [record.id for record in self.store.by_id.values()],
            "key": [" ".join(key) for key in self.keys.stored],
            "job": [str(number) for number in self.agenda.jobs],
            "pending": list(self.pending),
            **{table: [""] for table in SINGLE},
        }
        self._changed.clear()
        self.journal.rewrite(
            {table: {key: self._saved(table, key) for key in keys} for table, keys in rows.items()}
        )

    def resume(self) -> None:
        """Go on from the journal, if it holds anything."""
        if self.journal is None:
            return
        tables = self.journal.read()
        single = {name: rows[""] for name, rows in tables.items() if "" in rows}
        self.seed = self.ids.seed = single.get("seed", self.seed)
        self.scenario = single.get("scenario")
        if "time" in single:
            self.clock.restore(single["time"])
        self.ids.counters = single.get("ids", {})
        self.switches |= {k: v for k, v in single.get("switches", {}).items() if k in self.switches}
        self.policy = WebhookPolicy.from_json(single.get("policy", {}))
        self.api_keys = single.get("api_keys", {})
        self.faults.add(Fault(**fault) for fault in single.get("faults", []))
        for saved in sorted(tables.get("record", {}).values(), key=lambda row: int(row["seq"])):
            self.store.restore(saved)
        for key, row in tables.get("key", {}).items():
            account, _, name = key.partition(" ")
            self.keys.stored[account, name] = Stored(**row)
        for number, entry in tables.get("job", {}).items():
            if entry["job"] != "webhook":  # the deliverer plans these from what is pending
                self.agenda.put(entry, int(number))
        self.pending = dict(tables.get("pending", {}))
        self.faults_changed()
