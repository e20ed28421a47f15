"""Who is on the way to Stripe's onboarding: a browser's session says it, and no URL does."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.sessions.backends.base import SessionBase
from django.utils import timezone

from payments.models import AccountGrant, AccountLink, Onboarding
from payments.services import account_links, accounts, connecting
from stores.models import Account
from stores.principals import SYSTEM, Principal

KEY = "onboarding"
LASTS = timedelta(hours=24)


@dataclass
class Visit:
    """One person who may onboard one retailer, for a day."""

    session: SessionBase

    @classmethod
    def begin(
        cls,
        session: SessionBase,
        base_url: str,
        *,
        invited: Onboarding | None = None,
        account: Account | None = None,
        by: Principal = SYSTEM,
    ) -> Visit:
        """Let this browser onboard the retailer, and ask for its first link; or connect the account
        first, where there is none yet, or none any more.

        Raises OnboardingNotPossible, TooManyLinks.
        """
        visit = cls(session)
        session[KEY] = {
            "onboarding": invited.pk if invited else None,
            "account": account.pk if account else None,
            "until": (timezone.now() + LASTS).timestamp(),
        }
        if not visit.connects:
            visit.ask(base_url, by=by)
        return visit

    @classmethod
    def of(cls, session: SessionBase) -> Visit | None:
        """The visit of this browser, if it has one that is not over."""
        known = session.get(KEY)
        if not known or known["until"] < timezone.now().timestamp():
            return None
        return cls(session)

    @property
    def invited(self) -> Onboarding | None:
        pk = self.session[KEY]["onboarding"]
        return Onboarding.objects.select_related("account").filter(pk=pk).first() if pk else None

    @property
    def account(self) -> Account | None:
        pk = self.session[KEY]["account"]
        if pk is None:
            invited = self.invited
            return invited.account if invited else None
        return Account.objects.filter(pk=pk).first()

    def ask(self, base_url: str, *, by: Principal = SYSTEM) -> None:
        """A new link, for the old one is used. Raises OnboardingNotPossible, TooManyLinks."""
        invited = self.invited
        account = None if invited else self.account
        link = account_links.ask_for_link(
            base_url=base_url, onboarding=invited, account=account, by=by
        )
        self._note(link=link.pk)

    @property
    def link(self) -> AccountLink | None:
        return AccountLink.objects.filter(pk=self.session[KEY].get("link")).first()

    @property
    def connects(self) -> bool:
        """Whether its owner has to connect the account before anything else."""
        account = self.account
        if account is not None:
            return account.has_left
        invited = self.invited
        return invited is not None and invited.connects

    def agree(self) -> None:
        """The button was pressed: the next page of ours sends this browser to Stripe, once."""
        self.session[KEY] = {**self.session[KEY], "agreed": True}

    def has_agreed(self) -> bool:
        """Whether it was pressed, and nobody was sent off since."""
        agreed = bool(self.session[KEY].get("agreed"))
        self.session[KEY] = {**self.session[KEY], "agreed": False}
        return agreed

    def leave(self, redirect_uri: str, *, by: Principal) -> str:
        """Where the account is connected. Raises OnboardingNotPossible, TooManyLinks."""
        account = self.account
        grant, url = connecting.leave(
            redirect_uri=redirect_uri,
            row=None if account else self.invited,
            account=account,
            by=by,
        )
        self._note(grant=grant.pk)
        return url

    @property
    def grant(self) -> AccountGrant | None:
        return AccountGrant.objects.filter(pk=self.session[KEY].get("grant")).first()

    def come_back(self) -> None:
        """Stripe sent the person back, which proves nothing: the account is read."""
        self._note(back=timezone.now().timestamp())
        account = self.account
        if account is not None:
            accounts.ask(account)

    def is_read(self, account: Account) -> bool:
        """Whether the account was read since the person came back."""
        back = self.session[KEY].get("back")
        return back is None or (
            account.read_at is not None
            and account.read_at > datetime.fromtimestamp(back).astimezone()
        )

    def _note(self, **more: float) -> None:
        self.session[KEY] = {**self.session[KEY], **more}
