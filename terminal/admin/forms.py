"""What customers were asked on a reader, and what they answered."""

from __future__ import annotations

from collections.abc import Iterator

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from payments.admin import words
from stores.admin_base import ReadOnlyAdmin
from stores.admin_row_filters import OwnRowsFilter
from terminal.admin.payments import action_badge
from terminal.models import ActionStatus, CollectedInputs
from terminal.services.forms import answers

DELETED = _("Deleted, as after 35 days")


@admin.register(CollectedInputs)
class CollectedInputsAdmin(ReadOnlyAdmin[CollectedInputs]):
    """No answer is in the list: it is read where somebody opens the form."""

    list_display = ["name", "shown_status", "shown_order", "shown_reader", "store", "asked_at"]
    list_filter = ["action__status", ("store", OwnRowsFilter), "created_at"]
    search_fields = ["=receipt_email", "=receipt_phone", "=order__number"]
    search_help_text = _("The e-mail or phone that was given, or an order's number.")
    ordering = ["-id"]
    empty_sentence = _("No forms yet. A till sends one to its reader.")
    fields = [
        "shown_status",
        "shown_order",
        "shown_reader",
        "shown_action",
        "questions",
        "shown_answers",
        "receipt_email",
        "receipt_phone",
        "store",
        "asked_at",
        "ended",
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[CollectedInputs]:
        related = ("store", "order", "action__reader")
        return super().get_queryset(request).select_related(*related)

    @admin.display(description=_("Form"), ordering="id")
    def name(self, form: CollectedInputs) -> str:
        return str(form)

    @admin.display(description=_("Status"), ordering="action__status")
    def shown_status(self, form: CollectedInputs) -> SafeString:
        return action_badge(form.action)

    @admin.display(description=_("Order"), ordering="order")
    def shown_order(self, form: CollectedInputs) -> SafeString | str:
        return words.admin_link(form.order)

    @admin.display(description=_("Reader"), ordering="action__reader__label")
    def shown_reader(self, form: CollectedInputs) -> SafeString | str:
        return words.admin_link(form.action.reader)

    @admin.display(description=_("Reader action"))
    def shown_action(self, form: CollectedInputs) -> SafeString | str:
        return words.admin_link(form.action)

    @admin.display(description=_("Asked for"))
    def questions(self, form: CollectedInputs) -> str:
        return " · ".join(each["custom_text"]["title"] for each in form.asked)

    @admin.display(description=_("Answers"))
    def shown_answers(self, form: CollectedInputs) -> SafeString | str:
        if form.inputs:
            return format_html_join(" ", "<p>{} <b>{}</b></p>", _asked(form))
        return str(DELETED) if form.action.status == ActionStatus.SUCCEEDED else words.NOTHING

    @admin.display(description=_("Asked"), ordering="id")
    def asked_at(self, form: CollectedInputs) -> SafeString | str:
        return words.local_time(form.created_at, form.store, words.SHORT)

    @admin.display(description=_("Ended"))
    def ended(self, form: CollectedInputs) -> SafeString | str:
        return words.local_time(form.action.ended_at, form.store)


def _asked(form: CollectedInputs) -> Iterator[tuple[str, str]]:
    """A question has its own sign at its end."""
    for title, answer in answers(form):
        yield (title if title.endswith("?") else f"{title}:"), answer
