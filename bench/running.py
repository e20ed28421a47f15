"""A whole `make run` of its own: free ports, a var directory that goes when it goes."""

import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.stage import ROOT, free_port
from retail.embedded import places
from retail.embedded.errors import CannotStart

JSON = dict[str, Any]
LIMIT = 180.0  # seconds until it has to be there


@dataclass(frozen=True)
class Running:
    """What `make run` wrote down: demo.json for its users, run.json about its processes."""

    demo: JSON
    run: JSON

    @property
    def pids(self) -> dict[str, int]:
        return {name: process["pid"] for name, process in self.run["processes"].items()}

    def ask(self, *arguments: str, told: object = None) -> Any:
        """Run `python -m bench.shop` as one of these processes; what it answers."""
        done = subprocess.run(
            [sys.executable, "-m", "bench.shop", *arguments],
            input=json.dumps(told),
            env=_clean() | self.run["environment"],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
        return json.loads(done.stdout.splitlines()[-1])


def _clean() -> dict[str, str]:
    """None of what a developer has set."""
    return {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}


@contextlib.contextmanager
def everything(*, days: int = 0) -> Iterator[Running]:
    """Start it, and stop it without a trace; the demo has sold for so many `days`. Raises
    CannotStart.
    """
    var = Path(tempfile.mkdtemp(prefix="retail-bench-"))
    ports = {"PORT": str(free_port()), "SIMULATOR_PORT": str(free_port())}
    told = {"RETAIL_VAR_DIR": str(var), "ENV_FILE": os.devnull, "DEMO_DAYS": str(days)}
    environment = _clean() | ports | told
    said = var / "said.log"
    with said.open("w") as log:
        launcher = subprocess.Popen(
            [sys.executable, "-m", "retail.launch"],
            env=environment,
            cwd=ROOT,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        _wait(launcher, var / "demo.json", said)
        yield Running(
            json.loads((var / "demo.json").read_text()), json.loads((var / "run.json").read_text())
        )
    finally:
        launcher.terminate()
        launcher.wait(60)
        places.forget(var)
        shutil.rmtree(var, ignore_errors=True)


def _wait(launcher: "subprocess.Popen[bytes]", demo: Path, said: Path) -> None:
    deadline = time.monotonic() + LIMIT
    while not demo.is_file():
        if launcher.poll() is not None or time.monotonic() > deadline:
            raise CannotStart(f"`make run` did not start:\n{said.read_text()[-2000:]}")
        time.sleep(0.1)
