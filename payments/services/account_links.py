"""Ways into Stripe's pages for the owner of an account.

Links are secret: each is asked for when somebody waits for it, kept until that person is sent
there, and told to nobody else.
"""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext

from payments.errors import OnboardingNotPossible, TooManyLinks
from payments.models import AccountGrant, AccountLink, Onboarding, StripeRequest
from payments.services import bells, errands, requests
from payments.services.telling import log_onboarding
from stores.models import Account
from stores.principals import SYSTEM, Principal
from stores.services.accounts import log_account

JSON = dict[str, Any]
LINK = "account_link.create"
LINKS_AN_HOUR = 20
LINKS_KEPT = timedelta(days=1)


def ask_for_link(
    *,
    base_url: str,
    onboarding: Onboarding | None = None,
    account: Account | None = None,
    by: Principal = SYSTEM,
) -> AccountLink:
    """Promise a way to Stripe's page for one of the two, once there is an account.

    Raises OnboardingNotPossible, TooManyLinks.
    """
    account = account or (onboarding.account if onboarding else None)
    if account is not None and account.has_left:
        raise OnboardingNotPossible(
            gettext("{account}: its Stripe account was disconnected from the platform.").format(
                account=account
            ),
            next_action=gettext(
                "Its owner, or the platform's, presses “Connect again” on the account's page; or"
                " the account is connected in Stripe's Dashboard, and found here within the hour."
            ),
        )
    if onboarding is not None and onboarding.problem:
        raise OnboardingNotPossible(
            onboarding.problem, next_action=gettext("Ask whoever invited you.")
        )
    same = {"account": account} if account else {"onboarding": onboarding}
    with transaction.atomic():
        refuse_too_many(AccountLink.objects.filter(**same))
        link = AccountLink.objects.create(onboarding=onboarding, account=account, base_url=base_url)
        who = account or onboarding
        told = f"A way to Stripe's onboarding of {who} was asked for."
        if account is not None:
            log_account(account, "link_asked", told, by=by)
        elif onboarding is not None:
            log_onboarding(onboarding, "link_asked", told, by)
        if account is not None:
            plan(link, account)
    return link


def refuse_too_many(ways: QuerySet[AccountLink] | QuerySet[AccountGrant]) -> None:
    """So many ways to Stripe within the hour nobody needs for one retailer. Raises TooManyLinks."""
    lately = ways.filter(created_at__gt=timezone.now() - timedelta(hours=1))
    if lately.count() >= LINKS_AN_HOUR:
        raise TooManyLinks


def plan(link: AccountLink, account: Account) -> None:
    """Once there is an account."""
    link.account = account
    link.request = requests.plan_for_platform(
        kind=LINK,
        path="/v1/account_links",
        params={
            "account": account.stripe_id,
            "type": "account_onboarding",
            "refresh_url": link.base_url + reverse("onboarding-refresh"),
            "return_url": link.base_url + reverse("onboarding-return"),
            # All at once, rather than again in a few weeks.
            "collection_options": {"fields": "eventually_due"},
        },
        key=f"{LINK}:{uuid.uuid4()}",
    )
    link.save(update_fields=["account", "request"])
    bells.notify(bells.WORK, "request", link.request.pk)


def _linked(request: StripeRequest, shown: JSON) -> None:
    AccountLink.objects.filter(request=request, taken_at=None).update(
        url=shown["url"], expires_at=datetime.fromtimestamp(shown["expires_at"], UTC)
    )


def _not_linked(request: StripeRequest, shown: JSON) -> None:
    AccountLink.objects.filter(request=request).update(
        problem=request.error_message or "There was no answer from Stripe."
    )


def take(link_id: int) -> str:
    """Stripe's URL, for whoever asked for it: told once and forgotten. '' if there is none."""
    with transaction.atomic():
        links = AccountLink.objects.select_for_update(of=("self",))
        link = links.filter(pk=link_id, expires_at__gt=timezone.now()).exclude(url="").first()
        if link is None:
            return ""
        url, link.url, link.taken_at = link.url, "", timezone.now()
        link.save(update_fields=["url", "taken_at"])
    return url


def forget_links(now: datetime) -> None:
    """A link nobody came for is worth nothing; that there was one, is nothing after a day."""
    AccountLink.objects.filter(expires_at__lte=now).exclude(url="").update(url="")
    AccountLink.objects.filter(created_at__lt=now - LINKS_KEPT).delete()
    AccountGrant.objects.filter(created_at__lt=now - LINKS_KEPT, code="").delete()


def is_lost(link: AccountLink) -> bool:
    """It was asked for, and neither came nor failed, or ran out before anybody took it."""
    if link.taken_at is not None or link.problem:
        return True
    return link.expires_at is not None and link.expires_at <= timezone.now()


def register() -> None:
    errands.DONE[LINK], errands.ENDED[LINK] = _linked, _not_linked
    errands.TRIFLES.add(LINK)
