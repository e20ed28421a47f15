"""Where the embedded servers keep their files, and as whom they run.

An ordinary user's data lies in the var directory, and the servers run as that user. PostgreSQL
refuses to run as root. So for root the servers run as an unprivileged account, and their data and
a copy of their programs lie where that account can go, outside of root's home: no directory of
root's is opened to anybody for it.

The account is `nobody`: it is there on every Linux and macOS, and we neither create accounts on
somebody's machine nor borrow that of a service (a real PostgreSQL's `postgres` owns real data).
What it owns is closed to all others (mode 700).

Sockets are in a short directory of their own, because the path of a socket holds 107 bytes at most
(103 on macOS) and a var directory may be anywhere.
"""

import contextlib
import hashlib
import json
import os
import pwd
import secrets
import shutil
import socket
import stat
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from retail.embedded import binaries, orphans
from retail.embedded.binaries import Binaries
from retail.embedded.errors import CannotStart
from retail.embedded.family import Account
from retail.embedded.lock import exclusive

SOCKET_PATH_LIMIT = 103  # bytes
LONGEST_SOCKET = len("/retail-12345678/.s.PGSQL.5432")
ROOTS_HOMES = (Path("/var/lib/retail"), Path("/var/tmp/retail"))
MEMORY = "embedded.json"  # in var: what has to be found again at the next start


@dataclass(frozen=True)
class Places:
    binaries: Binaries
    data: Path  # PostgreSQL's and Redis' data, in a folder each
    runtime: Path  # sockets; private to the account, new at every start
    account: Account | None  # whom the servers run as; None means as we do


def unprivileged_account() -> Account | None:
    """The account the servers run as: None (our own), or for root one that is not root.

    Raises CannotStart when this machine has no account that root could use.
    """
    if os.geteuid() != 0:
        return None
    by_name = {entry.pw_name: entry for entry in pwd.getpwall()}
    for entry in [by_name.get("nobody"), *by_name.values()]:
        if entry and entry.pw_uid != 0 and entry.pw_gid != 0:
            return Account(entry.pw_uid, entry.pw_gid, entry.pw_name)
    raise CannotStart(
        "PostgreSQL does not run as root, and this machine has no other account: start as an "
        "ordinary user, or set DATABASE_URL and REDIS_URL to servers of your own."
    )


def usable_var(var: Path) -> None:
    """Make the var directory if need be. Raises CannotStart when we cannot keep files in it."""
    hint = "choose another with RETAIL_VAR_DIR"
    try:
        var.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=var):
            pass
    except (FileExistsError, NotADirectoryError):
        raise CannotStart(f"The data directory {var} is not a directory: {hint}.") from None
    except PermissionError:
        raise CannotStart(f"The data directory {var} cannot be written: {hint}.") from None
    except OSError as error:
        reason = error.strerror or error
        raise CannotStart(f"The data directory {var} cannot be used ({reason}): {hint}.") from None


@contextlib.contextmanager
def var_lock(var: Path) -> Iterator[int]:
    """Make the var directory if need be, and hold it for us alone; gives the lock's descriptor.

    Raises CannotStart when it cannot be used or another launcher has it.
    """
    usable_var(var)
    with exclusive(var / "lock", f"The data directory {var}") as lock:
        yield lock


@contextlib.contextmanager
def settled(var: Path) -> Iterator[tuple[Places, list[int]]]:
    """The places that belong to a var directory we hold: the same data at every start.

    Gives the places, and the descriptors of more locks for a guardian to hold until all servers
    are gone. Raises CannotStart when a place cannot be used.
    """
    account, memory = unprivileged_account(), _recall(var)
    with contextlib.ExitStack() as stack:
        if account:
            if (var / "postgres").is_dir():  # an ordinary user's: root's is never there
                raise _belongs_to_another(var / "postgres")
            home = _roots_home()
            data = _roots_data(home, var, memory.get("data"), account)
            # A copied var remembers the same data as the var it was copied from.
            lock = exclusive(_lock_of(data), f"The data in {data}")
            locks, programs = [stack.enter_context(lock)], binaries.copied(home)
        else:
            locks, data, programs = [], var, binaries.installed()
        orphans.end(data)
        if old := memory.get("runtime"):
            _remove_runtime(Path(old))  # a launcher was killed together with its guardian
        runtime = _new_runtime(account)
        _remember(var, {"runtime": str(runtime)} | ({"data": str(data)} if account else {}))
        yield Places(programs, data, runtime, account), locks


def temporary() -> Places:
    """Places for the length of a test run, all under `runtime`; the caller removes it."""
    account = unprivileged_account()
    programs = binaries.copied(_roots_home()) if account else binaries.installed()
    runtime = _new_runtime(account)
    return Places(programs, runtime, runtime, account)


def make_private(directory: Path, account: Account | None) -> None:
    """Make a directory that only the account can enter, or check that it is one already.

    Raises CannotStart when it belongs to somebody else.
    """
    try:
        directory.mkdir(mode=0o700, exist_ok=True)
        if account and directory.stat().st_uid == 0:
            os.chown(directory, account.uid, account.gid)
        owner = directory.stat().st_uid
    except OSError as error:
        reason = error.strerror or error
        raise CannotStart(f"The directory {directory} cannot be used ({reason}).") from None
    if owner != (account.uid if account else os.geteuid()):
        raise _belongs_to_another(directory)


def forget(var: Path) -> None:
    """Remove what this var directory has outside of itself. For tests, and for tidy people."""
    for path in map(Path, _recall(var).values()):
        shutil.rmtree(path, ignore_errors=True)
        _lock_of(path).unlink(missing_ok=True)
    (var / MEMORY).unlink(missing_ok=True)


def _lock_of(data: Path) -> Path:
    """The lock of a data directory of root's: beside it, since the servers' account owns it."""
    return data.with_name(f"{data.name}.lock")


def _belongs_to_another(directory: Path) -> CannotStart:
    owner = directory.stat().st_uid
    try:
        name = pwd.getpwuid(owner).pw_name
    except KeyError:
        name = f"uid {owner}"
    return CannotStart(
        f"The data in {directory} belongs to another user ({name}): start as that user, or choose "
        "another data directory with RETAIL_VAR_DIR."
    )


def _recall(var: Path) -> dict[str, str]:
    try:
        memory = json.loads((var / MEMORY).read_text())
    except (OSError, ValueError):
        return {}
    return {str(key): str(value) for key, value in memory.items()}


def _remember(var: Path, memory: dict[str, str]) -> None:
    scratch = var / f"{MEMORY}.new"
    scratch.write_text(json.dumps(memory, indent=2) + "\n")
    scratch.replace(var / MEMORY)


def _is_open_to_all(directory: Path) -> bool:
    """Whether an account without any rights can get here and run programs."""
    try:
        if os.statvfs(directory).f_flag & getattr(os, "ST_NOEXEC", 0):
            return False
        return all(
            path.stat().st_mode & stat.S_IXOTH for path in [directory, *directory.resolve().parents]
        )
    except OSError:
        return False


def _roots_home() -> Path:
    """The directory that root's embedded servers live under, made on first use."""
    for home in ROOTS_HOMES:
        try:
            home.mkdir(mode=0o755, exist_ok=True)
            state = home.lstat()
            # /var/tmp is everybody's: what is not plainly root's own might be a trap.
            if stat.S_ISDIR(state.st_mode) and state.st_uid == 0:
                home.chmod(0o755)
                if _is_open_to_all(home):
                    return home
        except OSError:
            continue
    places = " nor ".join(str(home) for home in ROOTS_HOMES)
    raise CannotStart(
        f"As root, the embedded servers need a directory of their own, and neither {places} can be "
        "used: start as an ordinary user, or set DATABASE_URL and REDIS_URL."
    )


def _roots_data(home: Path, var: Path, remembered: str | None, account: Account) -> Path:
    """The data directory that belongs to this var directory.

    It is remembered in var, so that it follows a var that is moved; and it is named after var's
    path, so that the data of a var that was deleted is found and removed when the next one starts
    at the same path: a deleted var means a fresh start.
    """
    if remembered and Path(remembered).is_dir():
        return Path(remembered)
    name = hashlib.sha256(os.fsencode(var.resolve())).hexdigest()[:16]
    for stale in home.glob(f"data-{name}-*"):
        if stale.is_dir():
            with contextlib.suppress(CannotStart), exclusive(_lock_of(stale), ""):
                shutil.rmtree(stale)
                _lock_of(stale).unlink()
    data = home / f"data-{name}-{secrets.token_hex(4)}"
    make_private(data, account)
    return data


def _new_runtime(account: Account | None) -> Path:
    for parent in (Path(tempfile.gettempdir()), Path("/tmp"), Path("/var/tmp"), Path("/dev/shm")):
        fits = len(os.fsencode(parent)) + LONGEST_SOCKET <= SOCKET_PATH_LIMIT
        if not fits or (account and not _is_open_to_all(parent)):
            continue
        with contextlib.suppress(OSError):
            runtime = Path(tempfile.mkdtemp(prefix="retail-", dir=parent))
            make_private(runtime, account)
            return runtime
    raise CannotStart(
        "No directory for the servers' sockets: neither TMPDIR nor /tmp, /var/tmp or /dev/shm is "
        "short enough and can be written."
    )


def _remove_runtime(runtime: Path) -> None:
    """Remove a socket directory that an earlier start left, if it is still ours to remove."""
    with contextlib.suppress(OSError):
        state = runtime.lstat()
        if _answers(runtime):  # a copied var remembers the directory of the var it was copied from
            return
        ours = {os.geteuid()} | ({account.uid} if (account := unprivileged_account()) else set())
        if runtime.name.startswith("retail-") and state.st_uid in ours:
            shutil.rmtree(runtime, ignore_errors=True)


def _answers(runtime: Path) -> bool:
    """Whether a server listens on one of the sockets in the directory."""
    for path in runtime.iterdir():
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as client:
            client.connect(str(path))
            return True
    return False
