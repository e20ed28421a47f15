"""What an account may do, each by a name: https://docs.stripe.com/api/capabilities."""

from typing import Any

from simulator.api.routes import Call, operation
from simulator.connect import abilities, access, standing
from simulator.errors import missing_object
from simulator.state.store import Json


def list_(call: Call) -> Json:
    found = list(abilities.all_of(access.account(call)).values())
    return {"object": "list", "url": call.path, "has_more": False, "data": found}


def retrieve(call: Call) -> Json:
    return abilities.show(access.account(call), _known(call))


def update(call: Call) -> Json:
    """Asking for a capability, or no longer; what it then needs is due."""
    name, account = _known(call), access.connected(call)
    if "requested" in call.params:
        wish = {name: {"requested": call.params["requested"]}}
        abilities.change(call.world, account, wish)
        standing.settle(call.world, account, {})
    return abilities.show(account, name)


def _known(call: Call) -> str:
    from stripe import Account  # slow: not before the port is open

    if call.sub_id not in Account.Capabilities.__annotations__:
        raise missing_object("capability", call.sub_id, "capability", in_path=True)
    return call.sub_id


def _operation(method: str, path: str, verb: str, handler: Any, takes: str = "") -> Any:
    params = f"AccountCapability{verb.title()}Params"
    return operation(method, path, f"capabilities.{verb}", handler, params, "capability", takes)


_PATH = "/v1/accounts/{id}/capabilities"
OPERATIONS = [
    _operation("GET", _PATH, "list", list_),
    _operation("GET", f"{_PATH}/{{id}}", "retrieve", retrieve),
    _operation("POST", f"{_PATH}/{{id}}", "update", update, "requested"),
]
