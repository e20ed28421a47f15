"""Incidents: what a person must look at, its story, and the note that ends it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from payments.admin import words
from payments.admin.buttons import Button, ButtonsAdmin, Live, Question
from payments.models import Incident
from payments.services import incidents
from payments.services.timeline import timeline
from stores.admin_base import KnownWords, OwnRowsFilter
from stores.principals import MANAGERS, Principal

TITLES = {
    "account_refused": "Stripe refuses our key for this account",
    "cancel_failed": "A cancel was refused",
    "capture_failed": "A capture was refused",
    "create_failed": "A payment could not be created",
    "currency_mismatch": "A payment in the wrong currency",
    "account_mismatch": "A payment that settles to another account",
    "livemode_mismatch": "A payment of the wrong mode (live, test)",
    "differs_from_stripe": "Stripe and our books differ",
    "unknown_payment_intents": "Payments at Stripe that are not known here",
    "stripe_degraded": "Stripe answers slowly or not at all",
    "key_refused": "Stripe refuses the platform's key",
    "clock_differs": "Our clock is wrong",
    "webhooks_refused_by_time": "Webhooks are refused because of a clock",
    "account_stopped": "A store's account takes no cards",
    "account_due": "Stripe wants details of an account by a day",
    "account_deauthorized": "A store's account was disconnected",
    "reader_moved": "A reader is not where it was",
    "reader_not_deleted": "A retired reader that Stripe still has",
    "errand_failed": "A request to Stripe without a clear result",
    "foreign_payment_intent": "A PaymentIntent that is not ours",
    "amount_differs": "Another sum was approved than was asked for",
    "high_tip": "A tip that may be a mistake",
    "hold_expires": "An approved payment expires soon",
    "idempotency_error": "An error of ours stopped a request",
    "moved_backwards": "Stripe says less than before",
    "payment_intent_missing": "Stripe does not know the PaymentIntent",
    "disputed": "A customer's bank disputes a payment",
    "refund_failed": "A refund failed: the customer did not get the money",
    "refunds_exceed_payment": "More refunded than was received",
    "paid_twice": "A detached payment was charged after all",
    "second_refund": "Two refunds for one of ours",
    "second_payment_intent": "Two PaymentIntents for one payment",
}


def incident_title(incident: Incident) -> str:
    return TITLES.get(incident.kind, incident.kind.replace("_", " ").capitalize())


class ResolutionForm(forms.Form):
    resolution = forms.CharField(
        label="What was found, and what was done",
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 5, "autofocus": True}),
        error_messages={"required": "Write what was found and done: others will look for it."},
    )


class Resolve(Button[Incident]):
    name = "resolve"
    label = _("Resolve")
    tone = "default"
    roles = MANAGERS

    def refusal(self, incident: Incident) -> str:
        if incident.resolved_at is None:
            return ""
        return "Nothing was changed: this incident is resolved already."

    def question(self, incident: Incident) -> Question:
        return Question(
            "Resolve this incident?",
            [("Incident", incident_title(incident)), ("What happened", incident.message)],
            ["This only closes the incident. It changes nothing about the payment or its money."],
        )

    def form(self, incident: Incident, data: Mapping[str, Any] | None) -> ResolutionForm:
        return ResolutionForm(data)

    def press(self, incident: Incident, *, by: Principal, form: forms.Form | None) -> str:
        assert form is not None
        incidents.resolve(incident, by=by, resolution=form.cleaned_data["resolution"])
        return "Resolved."


class KindFilter(KnownWords):
    title = "kind"
    parameter_name = "kind"
    words = TITLES


class OpenFilter(admin.SimpleListFilter):
    title = "status"
    parameter_name = "status"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("open", "Open"), ("resolved", "Resolved")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Incident]) -> QuerySet[Incident]:
        if self.value() is None:
            return queryset
        return queryset.filter(resolved_at__isnull=self.value() == "open")


@admin.register(Incident)
class IncidentAdmin(ButtonsAdmin[Incident]):
    list_display = ["titled", "status", "store", "shown_payment", "happened", "resolved_by"]
    list_filter = [
        OpenFilter,
        ("store", OwnRowsFilter),
        KindFilter,
        "created_at",
    ]
    search_fields = ["message", "resolution", "payment__payment_intent_id"]
    search_help_text = "Words of what happened or of the note, or an id of a PaymentIntent."
    ordering = ["-id"]
    empty_sentence = "No incidents. Whatever a person must look at will be listed here."
    buttons: ClassVar[Any] = [Resolve()]
    live_template = "admin/payments/incident/live.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Incident]:
        related = ("store", "payment__order", "payment__store", "resolved_by")
        return super().get_queryset(request).select_related(*related)

    @admin.display(description="Incident", ordering="kind")
    def titled(self, incident: Incident) -> str:
        return incident_title(incident)

    @admin.display(description="Status", ordering="resolved_at")
    def status(self, incident: Incident) -> SafeString:
        if incident.resolved_at is None:
            return words.badge(words.BAD, "Open")
        return words.badge(words.QUIET, "Resolved")

    @admin.display(description="Payment")
    def shown_payment(self, incident: Incident) -> SafeString | str:
        return words.admin_link(incident.payment)

    @admin.display(description="Happened", ordering="created_at")
    def happened(self, incident: Incident) -> SafeString | str:
        return words.local_time(incident.created_at, incident.store, words.SHORT)

    def live(self, row: Incident) -> Live:
        resolved = row.resolved_at is not None
        return Live(str(resolved), "Resolved." if resolved else "Open.", None if resolved else 10.0)

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
            ("Happened", words.local_time(row.created_at, row.store)),
            ("Store", row.store or "the platform"),
        ]
        if row.payment is not None:
            facts += [
                ("Payment", words.admin_link(row.payment)),
                ("Order", words.admin_link(row.payment.order)),
            ]
        facts.append(("Stripe account", row.stripe_account or "the platform"))
        if row.resolved_at is not None:
            facts += [
                ("Resolved", words.local_time(row.resolved_at, row.store)),
                ("Resolved by", row.resolved_by or words.NOTHING),
                ("Note", row.resolution),
            ]
        return facts
