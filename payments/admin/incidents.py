"""Incidents: what a person must look at, its story, and the note that ends it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from payments.admin import words
from payments.admin.buttons import Button, ButtonsAdmin, Live, Question
from payments.admin.columns import OfAPayment
from payments.models import Incident
from payments.services import incidents
from payments.services.timeline import timeline
from stores.admin_base import KnownWords
from stores.admin_row_filters import OwnRowsFilter
from stores.principals import MANAGERS, Principal

TITLES = {
    "account_refused": _("Stripe refuses our key for this account"),
    "cancel_failed": _("A cancel was refused"),
    "capture_failed": _("A capture was refused"),
    "create_failed": _("A payment could not be created"),
    "currency_mismatch": _("A payment in the wrong currency"),
    "account_mismatch": _("A payment that settles to another account"),
    "livemode_mismatch": _("A payment of the wrong mode (live, test)"),
    "differs_from_stripe": _("Stripe and our books differ"),
    "unknown_payment_intents": _("Payments at Stripe that are not known here"),
    "stripe_degraded": _("Stripe answers slowly or not at all"),
    "key_refused": _("Stripe refuses the platform's key"),
    "clock_differs": _("Our clock is wrong"),
    "webhooks_refused_by_time": _("Webhooks are refused because of a clock"),
    "account_stopped": _("A store's account takes no cards"),
    "account_due": _("Stripe wants details of an account by a day"),
    "payout_failed": _("A payout came back from the bank"),
    "account_deauthorized": _("A store's account was disconnected"),
    "account_not_disconnected": _("Stripe did not disconnect an account"),
    "grant_lost": _("Which account a retailer connected was lost"),
    "connect_refused": _("Stripe refuses to connect accounts"),
    "reader_moved": _("A reader is not where it was"),
    "reader_not_deleted": _("A retired reader that Stripe still has"),
    "errand_failed": _("A request to Stripe without a clear result"),
    "foreign_payment_intent": _("A PaymentIntent that is not ours"),
    "amount_mismatch": _("A PaymentIntent over another amount"),
    "fee_differs": _("A fee that is not the plan's"),
    "amount_differs": _("Another sum was approved than was asked for"),
    "high_tip": _("A tip that may be a mistake"),
    "hold_expires": _("An approved payment expires soon"),
    "idempotency_error": _("An error of ours stopped a request"),
    "moved_backwards": _("Stripe says less than before"),
    "payment_intent_missing": _("Stripe does not know the PaymentIntent"),
    "disputed": _("A customer's bank disputes a payment"),
    "refund_failed": _("A refund failed: the customer did not get the money"),
    "refunds_exceed_payment": _("More refunded than was received"),
    "returned_twice": _("More pieces refunded than were sold"),
    "paid_twice": _("A detached payment was charged after all"),
    "second_refund": _("Two refunds for one of ours"),
    "second_payment_intent": _("Two PaymentIntents for one payment"),
}


def incident_title(incident: Incident) -> str:
    return str(TITLES.get(incident.kind, incident.kind.replace("_", " ").capitalize()))


class ResolutionForm(forms.Form):
    resolution = forms.CharField(
        label=_("What was found, and what was done"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 5, "autofocus": True}),
        error_messages={"required": _("Write what was found and done: others will look for it.")},
    )


class Resolve(Button[Incident]):
    name = "resolve"
    label = _("Resolve")
    tone = "default"
    roles = MANAGERS

    def refusal(self, incident: Incident) -> str:
        if incident.resolved_at is None:
            return ""
        return gettext("Nothing was changed: this incident is resolved already.")

    def question(self, incident: Incident) -> Question:
        return Question(
            gettext("Resolve this incident?"),
            [
                (gettext("Incident"), incident_title(incident)),
                (gettext("What happened"), incident.spoken),
            ],
            [
                gettext(
                    "This only closes the incident. It changes nothing about the payment or its"
                    " money."
                )
            ],
        )

    def form(self, incident: Incident, data: Mapping[str, Any] | None) -> ResolutionForm:
        return ResolutionForm(data)

    def press(self, incident: Incident, *, by: Principal, form: forms.Form | None) -> str:
        assert form is not None
        incidents.resolve(incident, by=by, resolution=form.cleaned_data["resolution"])
        return gettext("Resolved.")


class KindFilter(KnownWords):
    title = _("kind")
    parameter_name = "kind"
    words = TITLES


class OpenFilter(admin.SimpleListFilter):
    title = _("status")
    parameter_name = "status"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("open", gettext("Open")), ("resolved", gettext("Resolved"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Incident]) -> QuerySet[Incident]:
        if self.value() is None:
            return queryset
        return queryset.filter(resolved_at__isnull=self.value() == "open")


@admin.register(Incident)
class IncidentAdmin(OfAPayment, ButtonsAdmin[Incident]):
    list_display = ["titled", "status", "store", "shown_payment", "happened", "resolved_by"]
    list_filter = [
        OpenFilter,
        ("store", OwnRowsFilter),
        KindFilter,
        "created_at",
    ]
    search_fields = ["message", "resolution", "payment__payment_intent_id"]
    search_help_text = _("Words of what happened or of the note, or an id of a PaymentIntent.")
    ordering = ["-id"]
    empty_sentence = _("No incidents. Whatever a person must look at will be listed here.")
    buttons: ClassVar[Any] = [Resolve()]
    live_template = "admin/payments/incident/live.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Incident]:
        related = ("store", "payment__order", "payment__store", "resolved_by")
        return super().get_queryset(request).select_related(*related)

    @admin.display(description=_("Incident"), ordering="kind")
    def titled(self, incident: Incident) -> str:
        return incident_title(incident)

    @admin.display(description=_("Status"), ordering="resolved_at")
    def status(self, incident: Incident) -> SafeString:
        if incident.resolved_at is None:
            return words.badge(words.BAD, gettext("Open"))
        return words.badge(words.QUIET, gettext("Resolved"))

    @admin.display(description=_("Happened"), ordering="created_at")
    def happened(self, incident: Incident) -> SafeString | str:
        return words.local_time(incident.created_at, incident.store, words.SHORT)

    def live(self, row: Incident) -> Live:
        resolved = row.resolved_at is not None
        return Live(
            str(resolved),
            gettext("Resolved.") if resolved else gettext("Open."),
            None if resolved else 10.0,
        )

    def live_context(self, request: HttpRequest, row: Incident) -> dict[str, Any]:
        payment = row.payment
        told = timeline(payment) if payment else []
        return {
            "incident": row,
            "badge": self.status(row),
            "titled": incident_title(row),
            "facts": self._facts(row),
            "data": words.pretty(row.data) if row.data else "",
            "timeline": [
                (words.local_time(entry.at, row.store, words.EXACT), entry) for entry in told
            ],
        }

    def _facts(self, row: Incident) -> list[tuple[str, Any]]:
        facts: list[tuple[str, Any]] = [
            (gettext("Happened"), words.local_time(row.created_at, row.store)),
            (gettext("Store"), row.store or gettext("The platform")),
        ]
        if row.payment is not None:
            facts += [
                (gettext("Payment"), words.admin_link(row.payment)),
                (gettext("Order"), words.admin_link(row.payment.order)),
            ]
        facts.append((gettext("Stripe account"), row.stripe_account or gettext("The platform")))
        if row.resolved_at is not None:
            facts += [
                (gettext("Resolved"), words.local_time(row.resolved_at, row.store)),
                (gettext("Resolved by"), row.resolved_by or words.NOTHING),
                (gettext("Note"), row.spoken_resolution),
            ]
        return facts
