"""python -m retail.launch: what `make run` does once `.venv` is ready."""

import contextlib
import os
import sys

from retail.embedded.errors import CannotStart
from retail.embedded.family import Family
from retail.embedded.places import settled, var_lock
from retail.launch.files import kept_secrets
from retail.launch.options import check_port, decide, from_environment
from retail.launch.programs import ROOT, read_env_file
from retail.launch.run import Run
from retail.launch.supervisor import Stopped, Watch, say


def main() -> int:
    """Run until stopped; the exit status is 0 when somebody wanted that, 1 when it cannot go on."""
    watch = Watch()
    read_env_file()
    os.chdir(ROOT)
    try:
        launch(watch)
    except CannotStart as problem:
        sys.stderr.write(f"{problem}\n")
        return 1
    except Stopped as reason:
        say(f"Stopped: {reason}.")
    return 0


def launch(watch: Watch) -> None:
    """Start everything and look after it. Raises CannotStart or Stopped, with nothing left."""
    options = from_environment(os.environ)
    with contextlib.ExitStack() as stack:
        locks = [stack.enter_context(var_lock(options.var))]
        check_port(options.host, options.port, "PORT")
        plan = decide(os.environ, options, kept_secrets(options.var))
        if plan.simulator:
            check_port("127.0.0.1", options.simulator_port, "SIMULATOR_PORT")
        places = None
        if plan.postgres or plan.redis:
            places, more = stack.enter_context(settled(options.var))
            locks += more
        family = stack.enter_context(Family(hold=locks))
        # Said first, done by the end of the block: it takes a moment.
        stack.callback(say, "Stopping …")
        run = Run(options, plan, family, watch)
        run.start(places)
        run.supervisor.run()


if __name__ == "__main__":
    sys.exit(main())
