"""Every object the simulator holds, by account and kind, in the order of creation."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Self

Json = dict[str, Any]


@dataclass(slots=True, eq=False)
class Record:
    """One object: what the API shows (`data`) and what only the simulator knows (`hidden`)."""

    kind: str
    id: str
    account: str
    seq: int
    data: Json
    hidden: Json = field(default_factory=dict)

    def to_json(self) -> Json:
        return {
            "kind": self.kind,
            "id": self.id,
            "account": self.account,
            "seq": self.seq,
            "data": self.data,
            "hidden": self.hidden,
        }


class Shelf:
    """The objects of one kind in one account; pages of it start anywhere at no cost."""

    def __init__(self) -> None:
        self.records: dict[str, Record] = {}
        self._order: list[Record] = []

    def add(self, record: Record) -> None:
        self.records[record.id] = record
        self._order.append(record)

    def remove(self, record: Record) -> None:
        del self.records[record.id]
        del self._order[self._place(record)]

    def oldest(self) -> Record | None:
        return self._order[0] if self._order else None

    def older_than(self, cursor: Record | None) -> Iterator[Record]:
        """Newest first, beginning just behind the cursor."""
        end = len(self._order) if cursor is None else self._place(cursor)
        for place in range(end - 1, -1, -1):
            yield self._order[place]

    def newer_than(self, cursor: Record) -> Iterator[Record]:
        """Oldest first, beginning just before the cursor on the page."""
        for place in range(self._place(cursor) + 1, len(self._order)):
            yield self._order[place]

    def _place(self, record: Record) -> int:
        return bisect_left(self._order, record.seq, key=lambda each: each.seq)


class Store:
    """All shelves, and one index over ids, which are unique over accounts."""

    def __init__(self) -> None:
        self.shelves: dict[tuple[str, str], Shelf] = {}
        self.by_id: dict[str, Record] = {}
        self._seq = 0

    def shelf(self, account: str, kind: str) -> Shelf:
        shelf = self.shelves.get((account, kind))
        if shelf is None:
            shelf = self.shelves[account, kind] = Shelf()
        return shelf

    def add(self, kind: str, account: str, data: Json, hidden: Json | None = None) -> Record:
        self._seq += 1
        record = Record(kind, data["id"], account, self._seq, data, hidden or {})
        self._put(record)
        return record

    def restore(self, saved: Json) -> None:
        """Records come back in the order of their seq."""
        self._seq = max(self._seq, saved["seq"])
        self._put(Record(**saved))

    def _put(self, record: Record) -> None:
        self.shelf(record.account, record.kind).add(record)
        self.by_id[record.id] = record

    def remove(self, record: Record) -> None:
        self.shelf(record.account, record.kind).remove(record)
        del self.by_id[record.id]

    def of_kind(self, kind: str) -> list[Record]:
        """Those of all accounts, oldest first."""
        shelves = [shelf for (_, each), shelf in self.shelves.items() if each == kind]
        found = [record for shelf in shelves for record in shelf.records.values()]
        return sorted(found, key=lambda record: record.seq)

    @classmethod
    def of(cls, records: Iterable[Record]) -> Self:
        """A store of these, in the order of their creation."""
        store = cls()
        for record in sorted(records, key=lambda each: each.seq):
            store._put(record)
        return store

    def find(self, kind: str, account: str, id: str) -> Record | None:
        record = self.by_id.get(id)
        if record is None or record.kind != kind or record.account != account:
            return None
        return record

    def anywhere(self, kind: str, id: str) -> Record | None:
        """In whatever account."""
        record = self.by_id.get(id)
        return record if record is not None and record.kind == kind else None


def clone(value: Any) -> Any:
    """A deep copy of JSON; several times quicker than copy.deepcopy."""
    if type(value) is dict:
        return {key: clone(each) for key, each in value.items()}
    if type(value) is list:
        return [clone(each) for each in value]
    return value
