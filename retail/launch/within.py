"""Run a management command against what `make run` has started: `make manage ARGS=shell`."""

import os
import sys
from pathlib import Path

from retail.embedded.errors import CannotStart
from retail.launch.files import read
from retail.launch.options import from_environment
from retail.launch.programs import ROOT, read_env_file


def main(arguments: list[str]) -> None:
    """Become `manage.py`, told what the running processes were told. Raises CannotStart."""
    read_env_file()
    var: Path = from_environment(os.environ).var
    run = read(var / "run.json")
    if not run:
        raise CannotStart(f"Nothing runs with {var}: start it with `make run` in another terminal.")
    command = [sys.executable, str(ROOT / "manage.py"), *arguments]
    os.execve(sys.executable, command, {**os.environ, **run["environment"]})


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except CannotStart as problem:
        sys.exit(str(problem))
