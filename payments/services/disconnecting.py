"""How the platform lets go of an account: https://docs.stripe.com/connect/oauth-reference#post-deauthorize.

Stripe is asked, and the account is read afterwards: that it left is known by that alone, as when
its owner disconnects it in Stripe's Dashboard. Its payments stay on the books.
"""

from __future__ import annotations

import uuid
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext

from payments import gateway
from payments.errors import DisconnectRefused
from payments.models import (
    UNFINISHED,
    UNSETTLED,
    Payment,
    Refund,
    RequestStatus,
    StripeRequest,
)
from payments.services import accounts, bells, connecting, errands, onboarding, requests
from payments.services.accounts import NOT_DISCONNECTED
from stores.models import Account
from stores.principals import STRIPE, Principal
from stores.sentences import said, together
from stores.services.accounts import log_account

JSON = dict[str, Any]
DEAUTHORIZE = "oauth.deauthorize"
OWN_DASHBOARD = "full"
FEW = 10


def refusal(account: Account) -> str:
    """Why it cannot be disconnected from here at all; empty when it can."""
    if account.has_left:
        return gettext("The account is disconnected.")
    if account.dashboard != OWN_DASHBOARD:
        return gettext(
            "Only an account with a Stripe Dashboard of its own goes on without the platform."
        )
    if not connecting.is_possible():
        return gettext("STRIPE_CLIENT_ID is not set.")
    asked = last(account)
    if asked is not None and asked.status in UNFINISHED:
        return gettext("Stripe is being asked to disconnect it.")
    return ""


def obstacles(account: Account) -> list[str]:
    """What would be stranded in it, in plain words; empty when it can be disconnected now."""
    there = Q(stripe_account=account.stripe_id) | Q(destination=account.stripe_id)
    payments = Payment.objects.filter(there, ended_at=None).select_related("order", "store")
    found = [
        gettext("The payment of order {number} in {store} is open: finish or cancel it.").format(
            number=payment.order.number, store=payment.store
        )
        for payment in payments.order_by("pk")[:FEW]
    ]
    if payments.count() > FEW:
        found.append(gettext("So are others of its stores."))
    of_it = Payment.objects.filter(there)
    if Refund.objects.filter(payment__in=of_it, status__in=UNSETTLED).exists():
        found.append(gettext("A refund is on its way: wait until it is through."))
    return found


def disconnect(account: Account, *, reason: str, by: Principal) -> StripeRequest:
    """Promise to have Stripe take the platform's access to the account away.

    Raises NotThePlatform, DisconnectRefused.
    """
    onboarding.refuse_others(by)
    with transaction.atomic():
        account = Account.objects.select_for_update(no_key=True).get(pk=account.pk)
        if why := refusal(account):
            raise DisconnectRefused(why, next_action=gettext("Look how the account stands."))
        if standing_in_the_way := obstacles(account):
            raise DisconnectRefused(" ".join(standing_in_the_way))
        log_account(
            account,
            "disconnect_asked",
            f"{account} ({account.stripe_id}) is to be disconnected: {reason}",
            by=by,
        )
        request = requests.plan_for_platform(
            kind=DEAUTHORIZE,
            path="/oauth/deauthorize",
            params={"client_id": settings.STRIPE_CLIENT_ID, "stripe_user_id": account.stripe_id},
            key=f"{DEAUTHORIZE}:{account.pk}:{uuid.uuid4()}",
        )
        request.object_id = account.stripe_id
        request.save(update_fields=["object_id"])
        bells.notify(bells.WORK, "request", request.pk)
        accounts.ring(account)
    return request


def last(account: Account) -> StripeRequest | None:
    """What Stripe was asked last, if it was ever asked to."""
    asked = StripeRequest.objects.filter(kind=DEAUTHORIZE, object_id=account.stripe_id)
    return asked.order_by("-pk").first()


def trouble(account: Account, asked: StripeRequest | None) -> str:
    """Why Stripe did not do it; empty when it did, or was not asked."""
    if account.has_left or asked is None or asked.status in (*UNFINISHED, RequestStatus.SUCCEEDED):
        return ""
    return gettext("Stripe did not disconnect it: {said}").format(
        said=together(_said(asked)).spoken
    )


def _said(request: StripeRequest) -> str:
    return request.error_message or request.error_code or said("there was no answer")


# What the worker makes of it


def _account(request: StripeRequest) -> Account:
    held = Account.objects.select_for_update(no_key=True)
    return held.get(stripe_id=request.params["stripe_user_id"])


def _done(request: StripeRequest, shown: JSON) -> None:
    account = _account(request)
    told = said(
        "Stripe took the platform's access to {account} ({id}) away.",
        account=account.name,
        id=account.stripe_id,
    )
    asked = request.stripe_request_id
    log_account(account, "deauthorized", told, by=STRIPE, stripe_request=asked)
    accounts.ask(account)


def _refused(request: StripeRequest, shown: JSON) -> None:
    """It may have been disconnected by its owner meanwhile, which a look tells."""
    account = _account(request)
    words = said(
        "Stripe did not disconnect {account} ({id}): {reason}",
        account=account.name,
        id=account.stripe_id,
        reason=_said(request),
    )
    asked = request.stripe_request_id
    log_account(account, NOT_DISCONNECTED, words, by=STRIPE, stripe_request=asked)
    if not account.has_left:
        requests.raise_incident(
            NOT_DISCONNECTED,
            together(
                words,
                said(
                    "The store goes on selling for it. Press “Disconnect” once more, or compare"
                    " STRIPE_CLIENT_ID with Stripe's Dashboard; its owner can disconnect it there,"
                    " too."
                ),
            ),
            stripe_account=account.stripe_id,
        )
    accounts.ask(account)


def _look(request: StripeRequest) -> JSON | None:
    """Whether it was disconnected although no answer came."""
    stripe_id = request.params["stripe_user_id"]
    try:
        gateway.get(f"/v1/accounts/{stripe_id}", "")
    except gateway.NotFound:
        return {"stripe_user_id": stripe_id}
    except gateway.AccountRefused as refused:
        if refused.no_such_account:
            return {"stripe_user_id": stripe_id}
        raise
    return None


def register() -> None:
    errands.DONE[DEAUTHORIZE], errands.ENDED[DEAUTHORIZE] = _done, _refused
    errands.LOOKED_UP[DEAUTHORIZE] = _look
    errands.ONCE.add(DEAUTHORIZE)
    errands.TRIFLES.add(DEAUTHORIZE)
