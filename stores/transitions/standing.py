"""Whether an account takes cards, as Stripe last said; and if not, what to do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from stores.sentences import Said, said, together
from stores.transitions.requirements import disabled

LEFT = "account_deauthorized"
CANNOT = "account_cannot_charge"


class Shown(Protocol):
    """What of an account decides it."""

    name: str
    stripe_id: str
    charges_enabled: bool
    details_submitted: bool
    card_payments: str
    transfers: str
    disabled_reason: str

    @property
    def has_left(self) -> bool: ...


NOTHING = Said([])


@dataclass(frozen=True, slots=True)
class Standing:
    """`code` is empty when cards are taken; then there is nothing to do."""

    code: str = ""
    message: Said = NOTHING
    next_action: Said = NOTHING

    @property
    def takes_cards(self) -> bool:
        return not self.code


READY = Standing()


def standing(account: Shown, *, onward: bool = False) -> Standing:
    """`onward`: the platform charges and passes the money on, for which `transfers` must be
    active too.
    """
    if account.has_left:
        return Standing(
            LEFT,
            said(
                "{account}: its Stripe account was disconnected from the platform.",
                account=account.name,
            ),
            _elsewhere(said("Cards work again when its owner has connected it again.")),
        )
    stop = disabled(account.disabled_reason)
    if not account.charges_enabled or account.card_payments != "active":
        if not account.details_submitted and (stop is None or not stop_is_final(account)):
            return _cannot(
                account,
                said("its onboarding at Stripe is not finished."),
                said("Its owner finishes the onboarding: Accounts in the admin."),
            )
        if stop is not None:
            return _cannot(account, stop.reason, stop.next_action)
        return _cannot(
            account,
            _cards(account.card_payments),
            said("Its owner looks at what is due: Accounts in the admin."),
        )
    if onward and account.transfers not in ("", "active"):
        return _cannot(
            account,
            said("transfers to it are {status} at Stripe.", status=account.transfers),
            said("Its owner looks at what is due: Accounts in the admin."),
        )
    return READY


def stop_is_final(account: Shown) -> bool:
    """Stripe or the platform closed it: no onboarding helps."""
    return account.disabled_reason.startswith("rejected.")


def _cannot(account: Shown, why: Said, then: Said) -> Standing:
    message = said("{account} cannot take cards: {why}", account=account.name, why=why)
    return Standing(CANNOT, message, _elsewhere(then))


def _elsewhere(then: Said) -> Said:
    return together(said("Take another means of payment now."), then)


def _cards(status: str) -> Said:
    if not status:
        return said("card payments are not asked for at Stripe.")
    return said("card payments are {status} at Stripe.", status=status)
