"""Ways to bring every operation and every state about. A new endpoint needs one here."""

from typing import Any

from .walking import Recipe

RECIPES: list[Recipe] = []
CANADIAN: dict[str, Any] = {
    "currency": "cad",
    "payment_method_types": ["card_present", "interac_present"],
}
HOOK: Any = {"url": "http://127.0.0.1:9/", "enabled_events": ["charge.expired"]}


def recipe(function: Recipe) -> Recipe:
    RECIPES.append(function)
    return function


def onboarding_link(simulator, account: str) -> str:
    link = simulator.v1.account_links.create(
        {
            "account": account,
            "type": "account_onboarding",
            "return_url": "http://shop.example/return",
            "refresh_url": "http://shop.example/refresh",
        }
    )
    return str(link.url)
