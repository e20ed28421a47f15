"""What cardholders' banks took back or ask about, and until when it can be answered."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import F, QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from payments.admin import words
from payments.admin.columns import AskedAndEnded, AtStripe, OfAnAmount
from payments.models import Dispute
from payments.transitions.codes import code_words
from stores.admin_base import HappenedFilter, ReadOnlyAdmin
from stores.admin_row_filters import OwnRowsFilter

SHOWN = ("shown_reason", "state", "shown_amount", "shown_payment", "store", "answer_before")


class AnswerFilter(HappenedFilter):
    """Those that are not over are what somebody looks for."""

    title = _("status")
    parameter_name = "over"
    field = "ended_at"
    words = {"no": _("Not over yet"), "yes": _("Over")}


@admin.register(Dispute)
class DisputeAdmin(OfAnAmount, AskedAndEnded, AtStripe, ReadOnlyAdmin[Dispute]):
    stripe_name = "dispute_id"
    list_display = [*SHOWN]
    list_filter = [AnswerFilter, ("store", OwnRowsFilter)]
    search_fields = ["=dispute_id", "=charge_id"]
    search_help_text = _("A du_, dp_ or ch_ id.")
    ordering: ClassVar[Any] = [F("ended_at").desc(nulls_first=True), "respond_before", "-id"]
    empty_sentence = _("No disputes: no bank took anything back.")
    fields = [*SHOWN, "opened", "ended", "at_stripe"]
    readonly_fields: ClassVar[Any] = [*SHOWN, "opened", "ended", "at_stripe"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Dispute]:
        return super().get_queryset(request).select_related("store", "payment__order")

    @admin.display(description=_("Reason"))
    def shown_reason(self, dispute: Dispute) -> str:
        return capfirst(code_words(dispute.reason)) or words.NOTHING

    @admin.display(description=_("Status"))
    def state(self, dispute: Dispute) -> SafeString:
        tone = words.BAD if dispute.ended_at is None else words.QUIET
        return words.badge(tone, capfirst(code_words(dispute.status)))

    @admin.display(description=_("Answer before"), ordering="respond_before")
    def answer_before(self, dispute: Dispute) -> SafeString | str:
        if dispute.ended_at is not None:
            return words.NOTHING
        return words.local_time(dispute.respond_before, dispute.store, words.SHORT)

    @admin.display(description=_("Opened"))
    def opened(self, dispute: Dispute) -> SafeString | str:
        return words.local_time(dispute.created_at, dispute.store)
