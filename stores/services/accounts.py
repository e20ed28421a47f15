"""Keep our copy of a connected account like Stripe's."""

from collections.abc import Mapping
from typing import Any

from stores.models import Account


def copy_account(shown: Mapping[str, Any]) -> Account:
    """Create or update the account as Stripe shows it; a name we have stays ours."""
    profile, settings = shown.get("business_profile") or {}, shown.get("settings") or {}
    display_name = (settings.get("dashboard") or {}).get("display_name")
    copied = {
        "country": shown["country"],
        "default_currency": shown["default_currency"],
        "charges_enabled": bool(shown["charges_enabled"]),
        "payouts_enabled": bool(shown["payouts_enabled"]),
        "details_submitted": bool(shown["details_submitted"]),
        "card_payments": (shown.get("capabilities") or {}).get("card_payments") or "",
    }
    name = profile.get("name") or display_name or shown["id"]
    account, _ = Account.objects.update_or_create(
        stripe_id=shown["id"], defaults=copied, create_defaults={**copied, "name": name[:200]}
    )
    return account
