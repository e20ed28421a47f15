"""Keep our copy of a connected account like Stripe's."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from django.db import transaction
from django.utils.timezone import now

from stores.models import Account, ChargeModel, LogEntry, Store
from stores.models.methods import refusal_of_currency
from stores.principals import Principal
from stores.sentences import said
from stores.transitions import Standing, standing

LISTS = ("past_due", "currently_due", "eventually_due", "pending_verification")


def copy_account(
    shown: Mapping[str, Any], name: str = "", *, read_at: datetime | None = None
) -> Account:
    """Create or update the account as Stripe shows it; a name we have stays ours.

    `name` is for an account that has told Stripe none yet; `read_at` is when Stripe was asked.
    """
    profile, settings = shown.get("business_profile") or {}, shown.get("settings") or {}
    display_name = (settings.get("dashboard") or {}).get("display_name")
    capabilities, controller = shown.get("capabilities") or {}, shown.get("controller") or {}
    requirements = shown.get("requirements") or {}
    deadline = requirements.get("current_deadline")
    copied = {
        "country": shown["country"],
        "default_currency": shown["default_currency"],
        "charges_enabled": bool(shown["charges_enabled"]),
        "payouts_enabled": bool(shown["payouts_enabled"]),
        "details_submitted": bool(shown["details_submitted"]),
        "card_payments": capabilities.get("card_payments") or "",
        "transfers": capabilities.get("transfers") or "",
        "email": (shown.get("email") or "")[:200],
        "dashboard": (controller.get("stripe_dashboard") or {}).get("type") or "",
        "disabled_reason": requirements.get("disabled_reason") or "",
        "requirements": _requirements(requirements),
        "current_deadline": datetime.fromtimestamp(deadline, UTC) if deadline else None,
        "read_at": read_at or now(),
    }
    name = profile.get("name") or display_name or name or shown["id"]
    account, _ = Account.objects.update_or_create(
        stripe_id=shown["id"], defaults=copied, create_defaults={**copied, "name": name[:200]}
    )
    return account


def _requirements(shown: Mapping[str, Any]) -> dict[str, Any]:
    """Only ids and Stripe's own sentences: never what somebody answered."""
    lists: dict[str, Any] = {name: list(shown.get(name) or ()) for name in LISTS}
    lists["errors"] = [
        {name: error.get(name) or "" for name in ("requirement", "code", "reason")}
        for error in shown.get("errors") or ()
    ]
    return lists


def standing_of(store: Store) -> Standing:
    """Whether this store takes cards now; its account is fetched with it."""
    return standing_with(store, store.charge_model)


def standing_with(store: Store, charge_model: str) -> Standing:
    """Whether it would, if that were its charge model."""
    account = store.account
    if account.country != store.country:
        return Standing(
            "account_cannot_charge",
            said(
                "{store} is in {country} and its account in {other}: Stripe takes"
                " cards in a shop of the account's country only.",
                store=str(store),
                country=store.country,
                other=account.country,
            ),
            said("Take another means of payment now; ask whoever runs the platform."),
        )
    if refused := refusal_of_currency(store.country, store.currency):
        return Standing(
            "currency_not_taken",
            said(
                "{refused} {store} sells in {currency}.",
                refused=refused,
                store=str(store),
                currency=store.currency.upper(),
            ),
            said("Take another means of payment now; ask whoever runs the platform."),
        )
    return standing(account, onward=charge_model == ChargeModel.DESTINATION)


def set_terms(account: Account, *, name: str, refund_application_fee: bool, by: Principal) -> None:
    """What is ours to say of an account."""
    with transaction.atomic():
        locked = Account.objects.select_for_update(no_key=True).get(pk=account.pk)
        old = _terms(locked)
        account.name, account.refund_application_fee = name, refund_application_fee
        account.save(update_fields=["name", "refund_application_fee"])
        new = _terms(account)
        if new != old:
            log_account(account, "terms", f"{account}: {new}.", by=by, old=old, new=new)


def _terms(account: Account) -> str:
    fee = "gives its fee back" if account.refund_application_fee else "keeps its fee"
    return f"called {account.name}, and with a refund the platform {fee}"


def log_account(
    account: Account,
    verb: str,
    message: str,
    *,
    by: Principal,
    old: str = "",
    new: str = "",
    stripe_request: str = "",
) -> None:
    """One row for each of its stores, whom it concerns; one of no store while it has none."""
    asked = {"stripe_request": stripe_request} if stripe_request else {}
    stores: list[Store | None] = [*account.stores.order_by("pk")]
    for store in stores or [None]:
        LogEntry.objects.write(
            store=store,
            subject="account",
            subject_id=account.pk,
            verb=verb,
            message=message,
            by=by,
            old=old,
            new=new,
            data={"account": account.stripe_id} | asked,
        )
