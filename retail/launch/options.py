"""What `make run` was asked, and what it decides from that, once, for every process."""

import errno
import os
import secrets
import socket
import string
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from retail.embedded.errors import CannotStart

LIVE_KEYS = ("sk_live_", "rk_live_")
SIMULATORS_CLIENT_ID = "ca_SimPlatform0000000000000000"
LONGEST_PAST = 60  # days; Stripe keeps events for thirty, and holds for two
KEY_LENGTH = 32  # letters and digits after the prefix, as long as Stripe's own


@dataclass(frozen=True)
class Options:
    host: str
    port: int
    simulator_port: int
    var: Path
    public_url: str = ""  # where Stripe itself reaches us; not needed with the simulator
    demo_days: int = 9  # of sales that the demo company has behind it

    @property
    def base_url(self) -> str:
        """Where this machine reaches the web process."""
        everywhere = self.host in ("0.0.0.0", "::", "")
        host = "127.0.0.1" if everywhere else self.host
        return f"http://[{host}]:{self.port}" if ":" in host else f"http://{host}:{self.port}"

    @property
    def simulator_url(self) -> str:
        return f"http://127.0.0.1:{self.simulator_port}"


def from_environment(environ: Mapping[str, str]) -> Options:
    """Read PORT, SIMULATOR_PORT, HOST, RETAIL_VAR_DIR, PUBLIC_URL, DEMO_DAYS. Raises CannotStart
    for what is no port, and for what is no number of days.
    """
    return Options(
        host=environ.get("HOST") or "127.0.0.1",
        port=_port(environ, "PORT", 8000),
        simulator_port=_port(environ, "SIMULATOR_PORT", 12111),
        public_url=environ.get("PUBLIC_URL", "").rstrip("/"),
        demo_days=_days(environ),
        var=Path(environ.get("RETAIL_VAR_DIR") or "var").expanduser().absolute(),
    )


def _port(environ: Mapping[str, str], name: str, default: int) -> int:
    value = environ.get(name) or str(default)
    if not value.isdecimal() or not 0 < int(value) < 65536:
        raise CannotStart(f"{name} is {value!r}, which is not the number of a port (1 to 65535).")
    return int(value)


def _days(environ: Mapping[str, str]) -> int:
    value = environ.get("DEMO_DAYS") or str(Options.demo_days)
    if not value.isdecimal() or int(value) > LONGEST_PAST:
        raise CannotStart(f"DEMO_DAYS is {value!r}, and is a number of days, 0 to {LONGEST_PAST}.")
    return int(value)


def check_port(host: str, port: int, name: str) -> None:
    """Raise CannotStart unless a server could listen there now."""
    try:
        [(family, _, _, _, address), *_] = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
            probe.listen(1)
    except socket.gaierror:
        raise CannotStart(f"HOST is {host!r}, which is not an address of this machine.") from None
    except OSError as error:
        taken = error.errno == errno.EADDRINUSE
        reason = "is taken by another program" if taken else f"cannot be used ({error.strerror})"
        raise CannotStart(
            f"Port {port} on {host} {reason}: stop what listens there, or choose another port, as "
            f"in `make run {name}={port + 1}`."
        ) from None


@dataclass(frozen=True)
class Plan:
    """What is ours to start, and what every process is told about it."""

    postgres: bool
    redis: bool
    simulator: bool
    environment: Mapping[str, str]  # on top of the caller's


def decide(environ: Mapping[str, str], options: Options, kept: Mapping[str, str]) -> Plan:
    """Decide from what is set; `kept` are the secrets of this var directory.

    DATABASE_URL and REDIS_URL of embedded servers are added when those have started.
    """
    simulator = not environ.get("STRIPE_SECRET_KEY")
    environment = {
        "RETAIL_VAR_DIR": str(options.var),
        # .env has been read by now. Nobody reads it again: the web process would find in it the
        # secret key that it is meant not to have.
        "ENV_FILE": os.devnull,
        "PYTHONUNBUFFERED": "1",
        # Without a mail server what would be sent is there to be looked at.
        "EMAIL_URL": environ.get("EMAIL_URL") or f"filemail:///{options.var / 'mail'}",
    }
    environment |= _network(environ, options)
    environment |= {name: value for name, value in kept.items() if not environ.get(name)}
    if simulator:
        environment["STRIPE_API_BASE"] = options.simulator_url
        environment["STRIPE_LIVE_MODE"] = "false"
        # A demo is looked at by whoever starts it; its admin says on top that this is off.
        environment["SECOND_FACTOR_REQUIRED"] = environ.get("SECOND_FACTOR_REQUIRED") or "false"
        environment["STRIPE_SECRET_KEY"] = kept["STRIPE_SECRET_KEY"]
        environment["STRIPE_MIRROR_KEY"] = kept["STRIPE_MIRROR_KEY"]
        environment["STRIPE_CLIENT_ID"] = SIMULATORS_CLIENT_ID
    else:
        environment.pop("STRIPE_MIRROR_KEY", None)
        live = environ["STRIPE_SECRET_KEY"].startswith(LIVE_KEYS)
        environment["STRIPE_LIVE_MODE"] = "true" if live else "false"
    return Plan(
        postgres=not environ.get("DATABASE_URL"),
        redis=not environ.get("REDIS_URL"),
        simulator=simulator,
        environment=environment,
    )


def _network(environ: Mapping[str, str], options: Options) -> dict[str, str]:
    """No proxy for this machine; and if we listen elsewhere, that name is allowed too."""
    local = "127.0.0.1,localhost,::1"
    proxies = ",".join(filter(None, (environ.get("NO_PROXY") or environ.get("no_proxy"), local)))
    found = {"NO_PROXY": proxies, "no_proxy": proxies}
    if options.host not in local and not environ.get("ALLOWED_HOSTS"):
        names = {options.host, socket.gethostname(), socket.getfqdn()}
        found["ALLOWED_HOSTS"] = ",".join(["localhost", "127.0.0.1", "[::1]", *sorted(names)])
    return found


def new_secrets() -> dict[str, str]:
    """Everything that must be hard to guess and stay the same from start to start."""
    letters = string.ascii_letters + string.digits

    def word(length: int) -> str:
        return "".join(secrets.choice(letters) for _ in range(length))

    return {
        "SECRET_KEY": word(64),
        # Well-formed keys for the simulator. A literal key in a repository would alarm people.
        "STRIPE_SECRET_KEY": f"sk_test_{word(KEY_LENGTH)}",
        "STRIPE_MIRROR_KEY": f"rk_test_{word(KEY_LENGTH)}",
    }
