"""What `make run` tells people (the table) and scripts (demo.json, run.json)."""

from collections.abc import Mapping
from typing import Any

from retail.launch.options import Options

Rows = list[tuple[str, str]]


def demo_file(options: Options, details: Mapping[str, Any], *, simulator: bool) -> dict[str, Any]:
    """The content of demo.json: what load_demo told, and where it is."""
    admin = {"url": f"{options.base_url}/admin/"} | details.get("admin", {})
    return {
        "api": f"{options.base_url}/api/v1/",
        "token": "",
        **details,
        "admin": admin,
        "simulator": options.simulator_url if simulator else None,
    }


def table(demo: Mapping[str, Any], options: Options) -> str:
    """Where to look and how to log in."""
    admin = demo["admin"]
    rows: Rows = [("Admin", admin["url"])]
    if "username" in admin:
        rows.append(("  log in as", _login(admin)))
    else:
        rows.append(("  add a login", 'make manage ARGS="createsuperuser"'))
    rows += [("  or as", _login(person)) for person in demo.get("people", [])]
    rows.append(("API docs", f"{demo['api']}docs/"))
    if demo["simulator"]:
        rows.append(("Readers to tap", demo["simulator"] + "/_simulator/"))
    elif not options.public_url:
        rows.append(("Webhooks", "not registered: set PUBLIC_URL to where Stripe reaches this"))
    rows += [
        ("Sell something", "make sale"),
        ("For scripts", str(options.var / "demo.json")),
        ("Logs", str(options.var / "log")),
        ("Stop", "Ctrl-C"),
    ]
    return "\n".join(f"  {name:18}{value}" for name, value in rows)


def _login(person: Mapping[str, Any]) -> str:
    login = f"{person['username']:18} {person.get('password', '')}"
    return f"{login}  ({person['role']}, {person['store']})" if "store" in person else login
