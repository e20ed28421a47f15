"""Who answers for what on a connected account, by properties or by the older types.

https://docs.stripe.com/connect/migrate-to-controller-properties
"""

from simulator.errors import bad_request, exclusive
from simulator.state.store import Json


def _properties(payer: str, losses: str, collection: str, dashboard: str) -> Json:
    return {
        "fees": {"payer": payer},
        "losses": {"payments": losses},
        "requirement_collection": collection,
        "stripe_dashboard": {"type": dashboard},
    }


TYPES = {
    "standard": _properties("account", "stripe", "stripe", "full"),
    "express": _properties("application_express", "application", "stripe", "express"),
    "custom": _properties("application_custom", "application", "application", "none"),
}


def controller(params: Json) -> Json:
    """As asked for, else the defaults, which are those of a standard account."""
    if "type" in params and "controller" in params:
        raise exclusive("controller", "type")
    if "type" in params:
        return _properties(*_flat(TYPES[params["type"]]))
    sent = params.get("controller", {})
    found = _properties(
        sent.get("fees", {}).get("payer", "account"),
        sent.get("losses", {}).get("payments", "stripe"),
        sent.get("requirement_collection", "stripe"),
        sent.get("stripe_dashboard", {}).get("type", "full"),
    )
    _require_possible(found)
    return found


def _flat(found: Json) -> tuple[str, str, str, str]:
    return (
        found["fees"]["payer"],
        found["losses"]["payments"],
        found["requirement_collection"],
        found["stripe_dashboard"]["type"],
    )


def _require_possible(found: Json) -> None:
    """Whoever asks the questions must be the one the holder deals with."""
    _, losses, collection, dashboard = _flat(found)
    if collection == "application" and (dashboard, losses) != ("none", "application"):
        raise bad_request(
            "When `controller[requirement_collection]=application`, "
            "`controller[stripe_dashboard][type]` must be `none` and "
            "`controller[losses][payments]` must be `application`.",
            None,
            "controller[requirement_collection]",
        )


def legacy_type(found: Json) -> str:
    """The older type that comes with the same Dashboard."""
    _, _, collection, dashboard = _flat(found)
    if dashboard == "none":
        return "custom" if collection == "application" else "none"
    return "express" if dashboard == "express" else "standard"
