"""The processes of `make run`: what each is, and the little of the environment that differs."""

import hashlib
import os
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

import environ

from retail.embedded.family import Program
from retail.launch.files import log_file
from retail.launch.options import Options

ROOT = Path(__file__).resolve().parent.parent.parent
SECRET_KEYS = ("STRIPE_SECRET_KEY", "STRIPE_MIRROR_KEY")
WORKER_OPTIONS = "--pool threads --without-gossip --without-mingle --loglevel INFO"
# Threads of a Celery worker, and the queues it takes. Readers first: they have a worker of their
# own, so that a sale never waits behind the mirror's slow reading. The mirror's gives way: what it
# keeps is for reports.
WORKERS = {"worker-reader": ("reader", 8), "worker-mirror": ("mirror,default", 2)}
GIVING_WAY = {"worker-mirror": 19, "beat": 19, "past": 19}


def read_env_file() -> None:
    """Fill what the environment does not say from `.env`, as the settings do."""
    environ.Env.read_env(os.environ.get("ENV_FILE") or str(ROOT / ".env"))


def simulator(options: Options, environment: Mapping[str, str]) -> Program:
    """The local Stripe. It gets none of our settings: it is a program of its own."""
    ours = (*SECRET_KEYS, "DATABASE_URL", "REDIS_URL", "SECRET_KEY", "DJANGO_SETTINGS_MODULE")
    journal = str(options.var / "simulator")
    command = f"-m simulator --port {options.simulator_port} --journal".split()
    return _python(options, "simulator", [*command, journal], _without(environment, ours))


def schema() -> str:
    """A fingerprint of everything that makes tables: which migrations, and whose."""
    migrations = sorted(str(path.relative_to(ROOT)) for path in ROOT.glob("*/migrations/*.py"))
    content = "\n".join(migrations).encode() + (ROOT / "requirements.txt").read_bytes()
    return hashlib.sha256(content).hexdigest()


def prepare(
    options: Options, environment: Mapping[str, str], *, simulator: bool, days: int
) -> Program:
    """Bring the database up to date, load the demo company, register the webhook endpoints."""
    where = (options.base_url, options.simulator_url) if simulator else (options.public_url, "")
    command = ["-m", "retail.launch.prepare", str(options.var), schema(), *where, str(days)]
    return _python(options, "prepare", command, environment)


def past(options: Options, environment: Mapping[str, str]) -> Program:
    """Give the demo company its last days, behind everybody who sells already."""
    where = ["--simulator-base", options.simulator_url, "--reserved", str(reserved(options))]
    return _python(options, "past", ["manage.py", "load_demo_past", *where], environment)


def reserved(options: Options) -> Path:
    """What was put aside for the last days, before anybody could sell."""
    return options.var / "past.json"


def applications(options: Options, environment: Mapping[str, str]) -> list[Program]:
    """Everything of ours that runs for as long as `make run` does, most urgent first."""
    environment = dict(environment) | {"DATABASE_POOL": "true"}
    web = _without(environment, SECRET_KEYS)
    server = ["-m", "uvicorn", "retail.asgi:application", "--timeout-graceful-shutdown", "2"]
    address = ["--host", options.host, "--port", str(options.port)]
    beat = [*celery("beat"), "--pidfile=", "--schedule", str(options.var / "celerybeat-schedule")]
    return [
        _python(options, "web", [*server, *address], web),
        _python(options, "dispatcher", ["manage.py", "dispatch"], environment),
        *(_python(options, name, worker(name), environment) for name in WORKERS),
        _python(options, "beat", beat, environment),
    ]


def celery(command: str) -> list[str]:
    return ["-m", "celery", "-A", "retail", command]


def worker(name: str) -> list[str]:
    """The arguments of one Celery worker."""
    queues, threads = WORKERS[name]
    own = ["-n", f"{name}@%h", "-Q", queues, "-c", str(threads)]
    return [*celery("worker"), *own, *WORKER_OPTIONS.split()]


def _without(environment: Mapping[str, str], names: Iterable[str]) -> dict[str, str]:
    return {name: value for name, value in environment.items() if name not in names}


def _python(
    options: Options, name: str, arguments: list[str], environment: Mapping[str, str]
) -> Program:
    gives_way = ("nice", "-n", str(GIVING_WAY[name])) if name in GIVING_WAY else ()
    return Program(
        name=name,
        argv=[*gives_way, sys.executable, *arguments],
        log=log_file(options.var, name),
        env=environment,
        cwd=ROOT,
    )
