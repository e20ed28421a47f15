"""What may be done with a connected account from its page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.forms import model_to_dict
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from payments.admin.buttons import Button, Question
from payments.services import accounts, connecting, disconnecting
from stores.models import Account, Store
from stores.principals import PLATFORM, RIGHTS, Principal, Right
from stores.services import set_terms
from stores.transitions import stop_is_final

LEFT = _("The account was disconnected from the platform.")


class Continue(Button[Account]):
    """To Stripe's page, in this browser; the admin only begins the visit."""

    name = "onboard"
    label = _("Continue onboarding")
    asks = False
    roles = RIGHTS[Right.ONBOARD_ACCOUNTS]

    def tone_for(self, account: Account) -> str:
        """The usual next step only while Stripe waits for something."""
        due = account.due("past_due", "currently_due")
        return "default" if due or not account.details_submitted else ""

    def refusal(self, account: Account) -> str:
        if account.has_left:
            return str(LEFT)
        if stop_is_final(account):
            return gettext("Stripe closed the account; onboarding does not help.")
        return ""

    def press(self, account: Account, *, by: Principal, form: forms.Form | None) -> str:
        return gettext("The way to Stripe's page is being made.")


class ConnectAgain(Button[Account]):
    """To Stripe, in this browser; its old payments go on once it is connected."""

    name = "connect-again"
    label = _("Connect again")
    tone = "default"
    asks = False
    roles = RIGHTS[Right.ONBOARD_ACCOUNTS]

    def refusal(self, account: Account) -> str:
        if not account.has_left:
            return gettext("The account is connected.")
        return "" if connecting.is_possible() else gettext("STRIPE_CLIENT_ID is not set.")

    def press(self, account: Account, *, by: Principal, form: forms.Form | None) -> str:
        return gettext("The next page leads to Stripe.")


class Refresh(Button[Account]):
    name = "refresh"
    label = _("Refresh from Stripe")
    asks = False

    def press(self, account: Account, *, by: Principal, form: forms.Form | None) -> str:
        accounts.ask(account)
        return gettext("Stripe is being asked. This page shows the answer by itself.")


class TermsForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=200)
    refund_application_fee = forms.BooleanField(
        label=_("Give the fee back with a refund, in proportion"), required=False
    )


class ChangeTerms(Button[Account]):
    """What of an account is ours to say."""

    name = "terms"
    label = _("Change name and refunds of fees")
    roles = PLATFORM
    sensitive = True

    def question(self, account: Account) -> Question:
        return Question(
            gettext("Change the name and refunds of fees of {account}").format(account=account), []
        )

    def form(self, account: Account, data: Mapping[str, Any] | None) -> TermsForm:
        return TermsForm(data, initial=model_to_dict(account))

    def press(self, account: Account, *, by: Principal, form: forms.Form | None) -> str:
        assert form is not None
        set_terms(account, by=by, **form.cleaned_data)
        return gettext("Changed.")


class DisconnectForm(forms.Form):
    reason = forms.CharField(label=_("Why, for the log"), max_length=200)


class Disconnect(Button[Account]):
    """The platform lets go of it; the account lives on at Stripe."""

    name = "disconnect"
    label = _("Disconnect")
    tone = "danger"
    roles = PLATFORM
    sensitive = True

    def refusal(self, account: Account) -> str:
        return disconnecting.refusal(account)

    def question(self, account: Account) -> Question:
        stores = Store.objects.filter(account=account).order_by("name")
        names = ", ".join(store.name for store in stores) or gettext("none")
        sentences = [
            gettext(
                "Its stores take no cards from then on. Nothing can be captured, refunded or looked"
                " up in the account any more: its owner does that in Stripe's Dashboard."
            ),
            gettext(
                "The account goes on at Stripe with all its money, and what was paid stays on the"
                " books here. Only its owner can connect it again."
            ),
        ]
        return Question(
            gettext("Disconnect {account}?").format(account=account),
            [(gettext("Account id"), account.stripe_id), (gettext("Stores"), names)],
            sentences,
            warning=" ".join(disconnecting.obstacles(account)),
        )

    def form(self, account: Account, data: Mapping[str, Any] | None) -> DisconnectForm:
        return DisconnectForm(data)

    def press(self, account: Account, *, by: Principal, form: forms.Form | None) -> str:
        assert form is not None
        disconnecting.disconnect(account, by=by, **form.cleaned_data)
        return gettext("Stripe is being asked to disconnect it. This page follows by itself.")
