"""What the platform's owner fills in and presses to bring a retailer to the platform."""

from __future__ import annotations

import uuid
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from payments.admin.buttons import Button
from payments.models import BusinessType, Dashboard, Onboarding
from payments.services import connecting, onboarding
from stores.models import checks
from stores.principals import PLATFORM, Principal

NOT_SET_UP = _(
    "Owners cannot connect an account by themselves here: the client id of the platform"
    " (STRIPE_CLIENT_ID) is not set. Whoever runs the servers finds it in Stripe's Dashboard, in"
    " the settings of Connect."
)


class InviteForm(forms.Form):
    """`key` makes a form that is sent twice one invitation."""

    key = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)
    name = forms.CharField(label=_("Business name"), max_length=200)
    email = forms.EmailField(label=_("E-mail of its owner"), max_length=200)
    country = forms.CharField(
        label=_("Country, two letters"), max_length=2, validators=[checks.validate_country]
    )
    business_type = forms.ChoiceField(
        label=_("Who is behind it"),
        choices=[("", _("They tell Stripe themselves")), *BusinessType.choices],
        required=False,
    )
    dashboard = forms.ChoiceField(label=_("What they get at Stripe"), choices=Dashboard.choices)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["country"].widget.attrs |= {"placeholder": "US", "autocapitalize": "characters"}


class OtherWay(forms.CharField):
    """Stands apart: the fields above are filled in, or this one."""

    is_other_way = True


class ConnectForm(forms.Form):
    """By its owner, who logs in at Stripe; or by the id of one that is connected there already."""

    key = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)
    name = forms.CharField(label=_("Business name"), max_length=200, required=False)
    email = forms.EmailField(label=_("E-mail of its owner"), max_length=200, required=False)
    stripe_id = OtherWay(
        label=_("Or the account's id, if it is connected to this platform at Stripe already"),
        max_length=64,
        required=False,
        validators=[checks.validate_account_id],
        widget=forms.TextInput(attrs={"placeholder": "acct_…", "spellcheck": "false"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not connecting.is_possible():
            del self.fields["name"], self.fields["email"]
            self.fields["stripe_id"].label = _("The account's id")
            self.fields["stripe_id"].required = True

    def clean(self) -> dict[str, Any]:
        told = super().clean() or {}
        named, by_id = told.get("name"), told.get("stripe_id")
        if not self.errors and bool(named) == bool(by_id):
            one = gettext("Fill in the name of the business, or the account's id: one of the two.")
            self.add_error("name", one)
        return told

    def connect(self, *, by: Principal) -> Onboarding:
        told = self.cleaned_data
        if told["stripe_id"]:
            return onboarding.connect(key=told["key"], stripe_id=told["stripe_id"], by=by)
        return connecting.invite(key=told["key"], name=told["name"], email=told["email"], by=by)


class Offer(Button[Onboarding]):
    """Shown once, on the page that answers: only its hash is kept."""

    name = "invitation"
    label = _("Make an invitation")
    asks = False
    roles = PLATFORM

    def tone_for(self, row: Onboarding) -> str:
        """The usual next step until Stripe has what it asks for."""
        is_done = row.account is not None and row.account.details_submitted
        return "" if is_done else "default"

    def refusal(self, row: Onboarding) -> str:
        if row.problem and not row.connects:
            return gettext("There is no account to be onboarded.")
        if row.account is not None and row.account.has_left:
            return gettext("The account was disconnected from the platform.")
        return ""

    def press(self, row: Onboarding, *, by: Principal, form: forms.Form | None) -> str:
        return onboarding.offer(row, by=by)


class ConnectHere(Button[Onboarding]):
    """To Stripe in this browser, when its owner sits beside; the admin only begins the visit."""

    name = "connect-here"
    label = _("Connect in this browser")
    asks = False
    roles = PLATFORM

    def refusal(self, row: Onboarding) -> str:
        if not connecting.is_possible():
            return str(NOT_SET_UP)
        if row.waits_for_owner or (row.connects and row.problem):
            return ""
        return gettext("Nothing waits for the owner of the account.")

    def press(self, row: Onboarding, *, by: Principal, form: forms.Form | None) -> str:
        return gettext("The next page leads to Stripe.")


class TryAgain(Button[Onboarding]):
    name = "try-again"
    label = _("Ask Stripe again")
    asks = False
    roles = PLATFORM

    def refusal(self, row: Onboarding) -> str:
        return "" if row.problem else gettext("Stripe is being asked, or has answered.")

    def press(self, row: Onboarding, *, by: Principal, form: forms.Form | None) -> str:
        onboarding.try_again(row, by=by)
        return gettext("Stripe is being asked again.")
