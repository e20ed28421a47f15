"""How a retailer connects an account that exists: they press a button, log in at Stripe and agree.

https://docs.stripe.com/connect/oauth-reference. Web processes send the person off and keep the code
they come back with; a worker exchanges it (`granting`).
"""

from __future__ import annotations

import re
import secrets
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from payments import gateway
from payments.errors import NotTheirReturn, OnboardingNotPossible
from payments.models import AccountGrant, GrantEnd, Onboarding
from payments.services import account_links, bells, onboarding, requests
from payments.services.telling import log_onboarding
from stores.models import Account
from stores.principals import SYSTEM, Principal
from stores.services import hash_token
from stores.services.accounts import log_account

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

JSON = dict[str, Any]
EXCHANGE = "oauth.token"
SCOPE = "read_write"
BACK_WITHIN = timedelta(hours=1)
CODE = re.compile(r"\w{1,255}", re.ASCII)

# What is said to whoever pressed, and what they do now. `said`: Stripe's own words, or the account.
ENDS: dict[str, tuple[StrOrPromise, StrOrPromise]] = {
    GrantEnd.DENIED: (
        _("You did not agree at Stripe, so nothing was connected."),
        _("Connect whenever you like, or ask whoever invited you."),
    ),
    GrantEnd.SPENT: (
        _("Stripe's permission is good once, for five minutes, and these are over."),
        _("Connect once more; Stripe asks you again."),
    ),
    GrantEnd.LOST: (
        _("Stripe may have connected your account, but its answer was lost on the way to us."),
        _("Connect once more: Stripe knows you by now, and nothing is done twice."),
    ),
    GrantEnd.REFUSED: (
        _("Stripe connected nothing: {said}"),
        _("Tell whoever invited you, and connect again when it is put right."),
    ),
    GrantEnd.READ_ONLY: (
        _("Stripe lets us look at {said}, but not take payments for it."),
        _("Connect again and agree to both. If another platform runs the account, ask that one."),
    ),
    GrantEnd.OTHER_MODE: (
        _(
            "{said} was connected for tests only, or for real payments only: not for what runs"
            " here."
        ),
        _("Tell whoever invited you."),
    ),
    GrantEnd.OTHER_ACCOUNT: (
        _("You connected {said}, which is not the account that was disconnected."),
        _("Log out at Stripe, connect again, and log in to the account that you used here."),
    ),
}


def is_possible() -> bool:
    """Whether retailers can connect by themselves here."""
    return bool(settings.STRIPE_CLIENT_ID)


def _require_possible() -> None:
    if not is_possible():
        raise OnboardingNotPossible(
            gettext(
                "Nobody can connect an account by themselves here: STRIPE_CLIENT_ID is not set."
            ),
            next_action=gettext("Tell whoever runs the platform."),
        )


def invite(*, key: uuid.UUID, name: str, email: str, by: Principal) -> Onboarding:
    """Have the retailer connect an account of theirs; the same `key` is the same invitation.

    Raises NotThePlatform, OnboardingNotPossible.
    """
    onboarding.refuse_others(by)
    _require_possible()
    with transaction.atomic():
        row, is_new = Onboarding.objects.get_or_create(
            uuid=key,
            defaults={
                "name": name,
                "email": email,
                "connects": True,
                "created_by_id": by.user_id,
            },
        )
        if is_new:
            log_onboarding(row, "invited", f"{name} is to connect an account of theirs.", by)
    return row


# To Stripe and back


def leave(
    *,
    redirect_uri: str,
    row: Onboarding | None = None,
    account: Account | None = None,
    by: Principal = SYSTEM,
) -> tuple[AccountGrant, str]:
    """Somebody goes to connect an account, or this one again; Stripe's page, which is told once.

    Raises OnboardingNotPossible, TooManyLinks.
    """
    _require_possible()
    state = secrets.token_urlsafe(32)
    with transaction.atomic():
        if row is not None:
            row = Onboarding.objects.select_for_update(of=("self",)).get(pk=row.pk)
        _refuse_pointless(row, account)
        account_links.refuse_too_many(AccountGrant.objects.filter(onboarding=row, account=account))
        if row is not None and row.problem:
            row.problem, row.stripe_id, row.asked_at = "", "", None
            row.save(update_fields=["problem", "stripe_id", "asked_at"])
        grant = AccountGrant.objects.create(
            onboarding=row,
            account=account,
            begun_by_id=by.user_id,
            state_hash=hash_token(state),
            expires_at=timezone.now() + BACK_WITHIN,
        )
        _log(grant, "connect_began", f"The owner of {who(grant)} went to connect it.", by)
    url = gateway.authorize_url(
        response_type="code",
        client_id=settings.STRIPE_CLIENT_ID,
        scope=SCOPE,
        stripe_landing="login",
        redirect_uri=redirect_uri,
        state=state,
    )
    return grant, url


def _refuse_pointless(row: Onboarding | None, account: Account | None) -> None:
    if account is not None and not account.has_left:
        raise OnboardingNotPossible(gettext("The account is connected."))
    if row is not None and not (row.waits_for_owner or (row.connects and row.problem)):
        raise OnboardingNotPossible(gettext("Stripe is being asked already, or has answered."))


def come_back(
    told: Mapping[str, str], *, left_with: int | None, by: Principal = SYSTEM
) -> AccountGrant:
    """Keep what Stripe sent this person back with, for a worker; `left_with` is the grant that this
    browser left with. Raises NotTheirReturn.
    """
    code, error = told.get("code", ""), told.get("error", "")
    if not error and not CODE.fullmatch(code):
        raise NotTheirReturn
    with transaction.atomic():
        grant = (
            AccountGrant.objects.select_for_update(of=("self",))
            .filter(
                pk__in=[left_with],
                begun_by_id=by.user_id,
                state_hash=hash_token(told.get("state", "")),
                expires_at__gt=timezone.now(),
            )
            .first()
        )
        if grant is None:
            raise NotTheirReturn
        grant.state_hash, grant.returned_at = None, timezone.now()
        if error:
            denied = error == "access_denied"
            words = (told.get("error_description", "") or error).replace("\0", "")
            conclude(grant, GrantEnd.DENIED if denied else GrantEnd.REFUSED, words[:1000], by)
        else:
            grant.code = code
            grant.request = requests.plan_for_platform(
                kind=EXCHANGE,
                path="/oauth/token",
                params={"grant_type": "authorization_code"},
                key=f"{EXCHANGE}:{grant.pk}:{uuid.uuid4()}",
            )
            bells.notify(bells.WORK, "request", grant.request.pk)
        grant.save()
    return grant


@dataclass(frozen=True)
class Stage:
    """Where it stands, for whoever pressed. Before they come back there is nothing to say."""

    since: datetime | None = None  # something is waited for
    message: str = ""
    next_action: StrOrPromise = ""

    @property
    def waits(self) -> bool:
        return self.since is not None


def stage(grant: AccountGrant | None) -> Stage:
    if grant is None or grant.returned_at is None:
        return Stage()
    if grant.end in ENDS:
        message, next_action = ENDS[grant.end]
        return Stage(message=str(message).format(said=grant.problem), next_action=next_action)
    if grant.onboarding is not None and grant.onboarding.problem:
        another = gettext("Connect another account, or ask whoever invited you.")
        return Stage(message=grant.onboarding.problem, next_action=another)
    if grant.end and _is_still_away(grant):
        message = gettext("Stripe still says that {account} is disconnected.")
        again = gettext("Connect once more.")
        return Stage(message=message.format(account=grant.account), next_action=again)
    return Stage(since=grant.returned_at)


def _is_still_away(grant: AccountGrant) -> bool:
    account, request = grant.account, grant.request
    if account is None or account.read_at is None or request is None:
        return False
    is_read = request.finished_at is not None and account.read_at > request.finished_at
    return is_read and account.has_left


# What came of it


def conclude(grant: AccountGrant, end: GrantEnd, problem: str, by: Principal) -> None:
    """The locked grant's caller saves."""
    grant.end, grant.problem, grant.code = end, problem, ""
    words = {
        GrantEnd.CONNECTED: "Stripe says which account it is",
        GrantEnd.DENIED: "its owner did not agree",
        GrantEnd.SPENT: "Stripe no longer took the code",
        GrantEnd.LOST: "Stripe's answer was lost",
        GrantEnd.REFUSED: f"Stripe refused: {problem}",
        GrantEnd.READ_ONLY: f"{problem} may only be looked at",
        GrantEnd.OTHER_MODE: f"{problem} was connected in the other mode",
        GrantEnd.OTHER_ACCOUNT: f"{problem} was connected instead",
    }[end]
    _log(grant, f"connect_{end}", f"Connecting {who(grant)}: {words}.", by)


def who(grant: AccountGrant) -> Account | Onboarding | None:
    return grant.account or grant.onboarding


def _log(grant: AccountGrant, verb: str, message: str, by: Principal) -> None:
    if grant.account is not None:
        log_account(grant.account, verb, message, by=by)
    elif grant.onboarding is not None:
        log_onboarding(grant.onboarding, verb, message, by)
