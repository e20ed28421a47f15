"""How a retailer comes to the platform: an account is made or looked up, and links lead its owner
to Stripe's pages (`account_links`).

Step A here; workers carry out what was promised.
"""

from __future__ import annotations

import logging
import secrets
import uuid
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext

from payments import gateway, mirror
from payments.errors import (
    InvitationRefused,
    NotThePlatform,
    OnboardingNotPossible,
)
from payments.models import AccountLink, Dashboard, Onboarding, StripeRequest
from payments.services import account_links, accounts, bells, errands, requests
from payments.services.telling import log_onboarding
from stores.models import Account
from stores.principals import STRIPE, SYSTEM, Principal, Right
from stores.services import copy_account, hash_token
from stores.services.accounts import log_account

logger = logging.getLogger(__name__)
JSON = dict[str, Any]
CREATE = "account.create"

TOKEN_PREFIX = "rtl_invitation_"
INVITED_FOR = timedelta(days=7)
CLOCKS = timedelta(minutes=10)  # by so much Stripe's clock may differ from ours
UNANSWERED = timedelta(seconds=5)

# https://docs.stripe.com/connect/migrate-to-controller-properties: Stripe collects what is due.
CONTROLLERS: dict[str, JSON] = {
    Dashboard.FULL: {
        "fees": {"payer": "account"},
        "losses": {"payments": "stripe"},
        "requirement_collection": "stripe",
        "stripe_dashboard": {"type": "full"},
    },
    Dashboard.EXPRESS: {
        "fees": {"payer": "application"},
        "losses": {"payments": "application"},
        "requirement_collection": "stripe",
        "stripe_dashboard": {"type": "express"},
    },
}


def runs_platform(by: Principal) -> bool:
    """The one place that says who invites, connects and sees all accounts."""
    return by.may(Right.ONBOARD_ACCOUNTS, None)


def refuse_others(by: Principal) -> None:
    if not runs_platform(by):
        raise NotThePlatform


# Inviting and connecting


def invite(
    *,
    key: uuid.UUID,
    name: str,
    email: str,
    country: str,
    business_type: str,
    dashboard: str,
    by: Principal,
) -> Onboarding:
    """Promise a connected account for this retailer; the same `key` is the same invitation.

    Raises NotThePlatform.
    """
    refuse_others(by)
    with transaction.atomic():
        onboarding, is_new = Onboarding.objects.get_or_create(
            uuid=key,
            defaults={
                "name": name,
                "email": email,
                "country": country,
                "business_type": business_type,
                "dashboard": dashboard,
                "created_by_id": by.user_id,
            },
        )
        if is_new:
            log_onboarding(
                onboarding, "invited", f"{name} is invited, with an account in {country}.", by
            )
            _plan_account(onboarding)
    return onboarding


def try_again(onboarding: Onboarding, *, by: Principal) -> None:
    """Ask Stripe anew after it said no. Raises NotThePlatform, OnboardingNotPossible."""
    refuse_others(by)
    with transaction.atomic():
        locked = Onboarding.objects.select_for_update(of=("self",)).get(pk=onboarding.pk)
        if locked.account_id is not None or not locked.problem:
            raise OnboardingNotPossible(gettext("Stripe is being asked already, or has answered."))
        log_onboarding(locked, "asked_again", f"Stripe is asked again: {locked.problem}", by)
        locked.problem = ""
        if locked.stripe_id:
            ask(locked)
        else:
            _plan_account(locked)


def connect(*, key: uuid.UUID, stripe_id: str, by: Principal) -> Onboarding:
    """Have an account that is connected at Stripe already looked up, and served from then on.

    Raises NotThePlatform.
    """
    refuse_others(by)
    with transaction.atomic():
        onboarding, is_new = Onboarding.objects.get_or_create(
            uuid=key, defaults={"stripe_id": stripe_id, "created_by_id": by.user_id}
        )
        if is_new:
            log_onboarding(
                onboarding, "connecting", f"{stripe_id} is to be served from now on.", by
            )
            ask(onboarding)
    return onboarding


def _plan_account(onboarding: Onboarding) -> None:
    params: JSON = {
        "controller": CONTROLLERS[onboarding.dashboard],
        "country": onboarding.country,
        "email": onboarding.email,
        "capabilities": {
            "card_payments": {"requested": True},
            "transfers": {"requested": True},
        },
        "business_profile": {"name": onboarding.name},
        "metadata": {"onboarding": str(onboarding.uuid)},
    }
    if onboarding.business_type:
        params["business_type"] = onboarding.business_type
    if not onboarding.email:
        del params["email"]
    onboarding.request = requests.plan_for_platform(
        kind=CREATE, path="/v1/accounts", params=params, key=f"{CREATE}:{uuid.uuid4()}"
    )
    onboarding.save(update_fields=["request", "problem"])
    bells.notify(bells.WORK, "request", onboarding.request.pk)


def _created(request: StripeRequest, shown: JSON) -> None:
    onboarding = Onboarding.objects.select_for_update(of=("self",)).get(request=request)
    onboarding.account = copy_account(shown, onboarding.name)
    onboarding.save(update_fields=["account"])
    _log_account(onboarding.account, "created", request.stripe_request_id)
    if mirror.is_on():
        mirror.know(shown["id"])
    for link in onboarding.links.filter(request=None, problem=""):
        account_links.plan(link, onboarding.account)


def _not_created(request: StripeRequest, shown: JSON) -> None:
    said = request.error_message or request.error_code or "there was no answer"
    problem = f"Stripe made no account: {said}"
    Onboarding.objects.filter(request=request).update(problem=problem)
    AccountLink.objects.filter(onboarding__request=request, request=None).update(problem=problem)


def _find_account(request: StripeRequest) -> JSON | None:
    """The account that a request without a clear answer made after all."""
    name = request.params["metadata"]["onboarding"]
    since = int((request.created_at - CLOCKS).timestamp())
    listed = gateway.each("/v1/accounts", "", created={"gte": since})
    return next((each for each in listed if each["metadata"].get("onboarding") == name), None)


# An account that exists


def ask(onboarding: Onboarding) -> None:
    onboarding.asked_at = timezone.now()
    onboarding.save(update_fields=["asked_at", "problem"])
    bells.notify(bells.WORK, "onboarding", onboarding.pk)


def look_up(onboarding_id: int) -> None:
    """Read the account that was named, with the platform's key. Workers only; raises NoAnswer."""
    asked = Onboarding.objects.filter(pk=onboarding_id, account=None, problem="")
    onboarding = asked.exclude(asked_at=None).first()
    if onboarding is None:
        return
    shown, problem = _read(onboarding.stripe_id)
    with transaction.atomic():
        if asked.select_for_update(of=("self",)).first() is None:
            return
        if shown is None:
            asked.update(problem=problem)
            return
        is_new = not Account.objects.filter(stripe_id=shown["id"]).exists()
        account = copy_account(shown)
        if _is_served(account, onboarding, is_new=is_new):
            asked.update(problem="This account is on the platform already.")
            return
        asked.update(account=account, name=account.name)
        _log_account(account, "connected")
        if mirror.is_on():
            mirror.know(shown["id"])
    if account.has_left:
        accounts.look(account.pk)
    else:
        accounts.ask(account)  # for its balance and payouts


def _is_served(account: Account, by: Onboarding, *, is_new: bool) -> bool:
    """Whether it came here by another way, or is somebody's whom its owner says nothing of."""
    if account.has_left or is_new:
        return False
    others = Onboarding.objects.filter(account=account).exclude(pk=by.pk)
    return by.connects or others.exists()


def _read(stripe_id: str) -> tuple[JSON | None, str]:
    """The account, or why it is none of ours."""
    mode = "live" if gateway.livemode() else "test"
    try:
        if gateway.get("/v1/account", "")["id"] == stripe_id:
            return None, "This is the platform's own account, not a retailer's."
        return gateway.get(f"/v1/accounts/{stripe_id}", ""), ""
    except gateway.AccountRefused as refused:
        if not refused.no_such_account:
            return None, f"Stripe does not let the platform's key read accounts: {refused}"
    except gateway.NotFound:
        pass
    return None, (
        f"Stripe knows no account {stripe_id} that is connected to this platform in {mode} mode."
        " Compare the id with Stripe's Dashboard, Connect, Accounts. An account of another platform"
        f" must be connected first, and one that was connected in {_other(mode)} mode only must be"
        f" connected in {mode} mode too."
    )


def _other(mode: str) -> str:
    return "test" if mode == "live" else "live"


def due(now: datetime) -> list[int]:
    """Accounts that were to be looked up, and nobody did."""
    waiting = Onboarding.objects.filter(account=None, problem="", asked_at__lte=now - UNANSWERED)
    return list(waiting.values_list("pk", flat=True)[:100])


# Invitations


def offer(onboarding: Onboarding, *, by: Principal) -> str:
    """A fresh invitation, to be handed to the retailer; an older one is worth nothing from now.

    Raises NotThePlatform, OnboardingNotPossible.
    """
    refuse_others(by)
    hopeless = bool(onboarding.problem) and not onboarding.connects
    if hopeless or (onboarding.account is not None and onboarding.account.has_left):
        raise OnboardingNotPossible(gettext("There is no account that could be onboarded."))
    token = TOKEN_PREFIX + secrets.token_urlsafe(32)
    with transaction.atomic():
        Onboarding.objects.filter(pk=onboarding.pk).update(
            token_hash=hash_token(token), expires_at=timezone.now() + INVITED_FOR, opened_at=None
        )
        log_onboarding(
            onboarding, "invitation_made", f"An invitation for {onboarding} was made.", by
        )
    logger.info("onboarding %s: an invitation was made", onboarding.pk)
    return token


def redeem(token: str) -> Onboarding:
    """Whose invitation this is; from now on it is used. Raises InvitationRefused."""
    now = timezone.now()
    with transaction.atomic():
        offers = Onboarding.objects.select_for_update(of=("self",))
        found = offers.filter(token_hash=hash_token(token.strip()), expires_at__gt=now).first()
        if found is None:
            raise InvitationRefused
        found.token_hash, found.opened_at = None, now
        found.save(update_fields=["token_hash", "opened_at"])
        log_onboarding(found, "invitation_opened", f"The invitation of {found} was opened.", SYSTEM)
    logger.info("onboarding %s: its invitation was opened", found.pk)
    return found


def _log_account(account: Account, verb: str, stripe_request: str = "") -> None:
    words = {"created": "was created at Stripe", "connected": "was connected"}[verb]
    told = f"{account} ({account.stripe_id}) {words}."
    log_account(account, verb, told, by=STRIPE, stripe_request=stripe_request)


def register() -> None:
    errands.DONE[CREATE], errands.ENDED[CREATE] = _created, _not_created
    errands.LOOKED_UP[CREATE] = _find_account
