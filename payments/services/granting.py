"""What a worker makes of the code with which somebody came back from Stripe.

A code is taken once, and asking twice revokes what it gave, so it is sent once: when the answer is
lost, nobody guesses whose account it was. Its owner presses again, for Stripe knows them by then,
or the platform's owner names it.
"""

from __future__ import annotations

from typing import Any

from payments import gateway
from payments.models import AccountGrant, GrantEnd, Onboarding, RequestStatus, StripeRequest
from payments.services import accounts, errands, onboarding, requests
from payments.services.connecting import EXCHANGE, SCOPE, conclude, who
from stores.models import Account
from stores.principals import STRIPE
from stores.sentences import said

JSON = dict[str, Any]
LOST, REFUSED = "grant_lost", "connect_refused"
MENTIONED = 20  # accounts in an incident


def _enclosed(request: StripeRequest) -> JSON:
    return {"code": AccountGrant.objects.get(request=request).code}


def _exchanged(request: StripeRequest, shown: JSON) -> None:
    grant = _locked(request)
    stripe_id = shown.get("stripe_user_id", "")
    StripeRequest.objects.filter(pk=request.pk).update(object_id=stripe_id)
    if not stripe_id:
        _lost(grant, shown["connected_since"])
    elif shown.get("scope") != SCOPE:
        conclude(grant, GrantEnd.READ_ONLY, stripe_id, STRIPE)
    elif bool(shown["livemode"]) != gateway.livemode():
        conclude(grant, GrantEnd.OTHER_MODE, stripe_id, STRIPE)
    elif grant.account is not None and grant.account.stripe_id != stripe_id:
        conclude(grant, GrantEnd.OTHER_ACCOUNT, stripe_id, STRIPE)
    else:
        _connected(grant, stripe_id)
    grant.save()


def _connected(grant: AccountGrant, stripe_id: str) -> None:
    """Stripe named the account; it is read like one that the platform's owner named."""
    conclude(grant, GrantEnd.CONNECTED, "", STRIPE)
    over = said("An account was connected since.")
    requests.resolve_incidents(LOST, over, subject=_subject(grant))
    requests.resolve_incidents(REFUSED, over)
    if grant.account is not None:
        accounts.ask(grant.account)
    rows = Onboarding.objects.select_for_update(of=("self",))
    row = rows.filter(grants=grant, account=None).first()
    if row is not None:  # else it was connected from another browser meanwhile
        row.stripe_id = stripe_id
        row.save(update_fields=["stripe_id"])
        onboarding.ask(row)


def _not_exchanged(request: StripeRequest, shown: JSON) -> None:
    grant = _locked(request)
    if request.error_code == "invalid_grant":
        conclude(grant, GrantEnd.SPENT, request.error_message, STRIPE)
    elif request.status == RequestStatus.REFUSED or request.http_status in (401, 403):
        conclude(grant, GrantEnd.REFUSED, request.error_message, STRIPE)
        requests.raise_incident(
            REFUSED,
            said(
                "Stripe refuses to connect accounts: {reason}. Compare STRIPE_CLIENT_ID with the"
                " client id in Stripe's Dashboard, and whether it is of the same platform and mode"
                " as the secret key.",
                reason=request.error_message or request.error_code,
            ),
        )
    else:
        _lost(grant, [])
    grant.save()


def _find_account(request: StripeRequest) -> JSON:
    """What there is to know once the answer is lost: whether an account that had left is connected,
    or which accounts were since. Of those nobody knows whose press it was, so none is taken.
    """
    grant = AccountGrant.objects.select_related("account").get(request=request)
    if grant.account is not None:
        try:
            gateway.get(f"/v1/accounts/{grant.account.stripe_id}", "")
        except (gateway.NotFound, gateway.AccountRefused):
            return {"connected_since": []}
        stripe_id, livemode = grant.account.stripe_id, gateway.livemode()
        return {"stripe_user_id": stripe_id, "scope": SCOPE, "livemode": livemode}
    since = int((grant.created_at - onboarding.CLOCKS).timestamp())
    listed = [each["id"] for each in gateway.each("/v1/accounts", "", created={"gte": since})]
    served = Account.objects.filter(stripe_id__in=listed, deauthorized_at=None)
    return {"connected_since": sorted({*listed} - {*served.values_list("stripe_id", flat=True)})}


def _lost(grant: AccountGrant, connected: list[str]) -> None:
    conclude(grant, GrantEnd.LOST, "", STRIPE)
    requests.raise_incident(
        LOST,
        said(
            "{who} was connecting a Stripe account, and Stripe's answer was lost. Its owner presses"
            " “Connect with Stripe” once more, and Stripe names the account again. Connected at"
            " Stripe since, and not served here: {seen}. Whose these are, Stripe does not say.",
            who=str(who(grant)),
            seen=", ".join(connected[:MENTIONED]) or said("none"),
        ),
        subject=_subject(grant),
        accounts=connected,
    )


def _locked(request: StripeRequest) -> AccountGrant:
    grants = AccountGrant.objects.select_related("onboarding", "account")
    return grants.select_for_update(of=("self",)).get(request=request)


def _subject(grant: AccountGrant) -> str:
    if grant.account_id is not None:
        return f"account {grant.account_id}"
    return f"onboarding {grant.onboarding_id}"


def register() -> None:
    errands.DONE[EXCHANGE], errands.ENDED[EXCHANGE] = _exchanged, _not_exchanged
    errands.LOOKED_UP[EXCHANGE] = _find_account
    errands.ENCLOSED[EXCHANGE] = _enclosed
    errands.ONCE.add(EXCHANGE)
    errands.TRIFLES.add(EXCHANGE)
