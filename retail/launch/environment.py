"""Make `.venv`, or bring it up to date with the pinned requirements (the Makefile's first step).

    python3 retail/launch/environment.py .venv requirements.txt [requirements-dev.txt]

A script for the machine's own Python: standard library only, imports nothing of ours. What was
installed is remembered in `.venv` by the files' hashes, so that a second run takes no time.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

OLDEST = (3, 11)
PIP = ("-m", "pip", "--disable-pip-version-check", "-qq")
# Modules are compiled when they are first imported: a third of the wheels' code never is.
INSTALL = (*PIP, "install", "--no-compile", "--progress-bar", "off", "--require-hashes")


def say(line: str) -> None:
    with contextlib.suppress(BrokenPipeError):
        sys.stdout.write(line + "\n")
        sys.stdout.flush()


def digest(requirements: list[Path]) -> str:
    """What an environment must have been made from to be up to date."""
    content = b"".join(path.read_bytes() for path in requirements)
    return hashlib.sha256(content + sys.version.encode()).hexdigest()


def is_usable(python: Path) -> bool:
    question = f"import sys, pip; sys.exit(sys.version_info < {OLDEST})"
    try:
        done = subprocess.run([python, "-c", question], capture_output=True, check=False)
    except OSError:
        return False
    return done.returncode == 0


def create(venv: Path) -> None:
    say(f"Making {venv} with Python {sys.version.split()[0]} …")
    done = subprocess.run([sys.executable, "-m", "venv", "--clear", venv], check=False)
    if done.returncode != 0:
        sys.exit(
            f"Python cannot make {venv} (see above). On Debian and Ubuntu: apt install python3-venv"
        )


def install(python: Path, requirements: list[Path]) -> None:
    names = " and ".join(path.name for path in requirements)
    say(f"Installing {names} …")
    started = time.monotonic()
    options = [option for path in requirements for option in ("-r", str(path))]
    if subprocess.run([python, *INSTALL, *options], check=False).returncode != 0:
        sys.exit(f"Installing {names} failed (see above); the next run tries again.")
    say(f"Installed in {time.monotonic() - started:.0f} s.")


@contextlib.contextmanager
def alone(folder: Path) -> Iterator[None]:
    """One at a time: `make run` and `make test` may be started together."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def main(venv: Path, requirements: list[Path]) -> None:
    stamps = [venv / f".{path.name}.installed" for path in requirements]
    wanted = {stamp: digest(requirements[: number + 1]) for number, stamp in enumerate(stamps)}
    with alone(venv.absolute().parent):
        if all(stamp.is_file() and stamp.read_text() == wanted[stamp] for stamp in stamps):
            return
        python = venv / "bin" / "python"
        if not is_usable(python):
            create(venv)
        install(python, requirements)
        for stamp, content in wanted.items():
            stamp.write_text(content)


if __name__ == "__main__":
    if sys.version_info < OLDEST:
        sys.exit(
            f"Python 3.11 or newer is needed, and this is {sys.version.split()[0]}: set PYTHON, "
            "as in `make run PYTHON=python3.12`."
        )
    main(Path(sys.argv[1]), [Path(name) for name in sys.argv[2:]])
