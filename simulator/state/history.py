"""Earlier versions of every object, kept only while reads are to be stale."""

from simulator.state.store import Record, Store, clone

Version = tuple[int, Record | None]  # since when, and null when it was gone


class History:
    """Begins with the present; nothing before that is remembered."""

    def __init__(self, store: Store, longest_ms: int) -> None:
        self.longest_ms = longest_ms
        self._versions: dict[str, list[Version]] = {
            record.id: [(0, _copy(record))] for record in store.by_id.values()
        }

    def keep(self, record: Record, now_ms: int, *, removed: bool = False) -> None:
        """To be called after every change."""
        versions = self._versions.setdefault(record.id, [(0, None)])
        while len(versions) > 1 and versions[1][0] < now_ms - self.longest_ms:
            del versions[0]
        versions.append((now_ms, None if removed else _copy(record)))

    def at(self, moment_ms: int) -> Store:
        """Everything as it stood then; for reading only."""
        found = (_version(versions, moment_ms) for versions in self._versions.values())
        return Store.of(record for record in found if record is not None)


def _version(versions: list[Version], moment_ms: int) -> Record | None:
    return next((record for since, record in reversed(versions) if since <= moment_ms), None)


def _copy(record: Record) -> Record:
    return Record(
        record.kind, record.id, record.account, record.seq, clone(record.data), clone(record.hidden)
    )
