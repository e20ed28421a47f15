"""Who holds which key. It …"""

import ast
from pathlib import Path

import pytest

from retail.launch.options import from_environment
from retail.launch.programs import applications
from tests.processes import Stack
from tests.services import ROOT

KEYS = {"STRIPE_SECRET_KEY", "STRIPE_MIRROR_KEY"}
OURS = ("payments", "retail", "stores", "terminal")


def told(pid: int) -> set[str]:
    """The names in a process's environment."""
    lines = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    return {line.split(b"=")[0].decode() for line in lines}


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="needs /proc")
def test_is_in_no_web_process(stack: Stack):
    assert told(stack.pid("web")) & KEYS == set()
    assert told(stack.pid("worker")) >= KEYS


def test_is_in_no_web_process_of_make_run(tmp_path):
    options = from_environment({"RETAIL_VAR_DIR": str(tmp_path)})
    told = applications(options, dict.fromkeys(KEYS, "sk_of_workers") | {"DATABASE_URL": "x"})
    with_keys = {program.name for program in told if program.env.keys() & KEYS}

    assert "web" not in with_keys
    assert {"dispatcher", "worker-reader", "worker-mirror"} <= with_keys


def test_is_read_from_the_environment_in_one_place():
    """Nothing but the settings reads a secret; the launcher hands the environment on."""
    for path in (found for name in OURS for found in (ROOT / name).rglob("*.py")):
        names = {
            node.value
            for node in ast.walk(ast.parse(path.read_text()))
            if isinstance(node, ast.Constant) and isinstance(node.value, str)
        }
        if names & (KEYS | {"SECRET_KEY"}):
            place = path.relative_to(ROOT)
            assert place.parts[1] in ("settings.py", "checks.py", "launch", "sale.py"), place
