"""What we asked Stripe, and what Stripe told us: to be read when something is unclear."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from payments.admin import words
from payments.admin.columns import AtStripe, OfAPayment
from payments.models import EventStatus, RequestStatus, StripeRequest
from payments.transitions import request_words
from payments.transitions.asking import KINDS
from stores.admin_base import KnownWords, LargeListAdmin, ReadOnlyAdmin
from stores.admin_row_filters import OwnRowsFilter

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

TONES: dict[str, str] = {
    RequestStatus.PLANNED: words.BUSY,
    RequestStatus.SENT: words.BUSY,
    RequestStatus.SUCCEEDED: words.GOOD,
    RequestStatus.REFUSED: words.BAD,
    RequestStatus.ABANDONED: words.QUIET,
    EventStatus.RECEIVED: words.BUSY,
    EventStatus.HANDLED: words.GOOD,
    EventStatus.IGNORED: words.QUIET,
    EventStatus.FAILED: words.BAD,
}


# "Succeeded" would sound as if the card had been charged.
OUTCOMES: dict[str, StrOrPromise] = {
    RequestStatus.PLANNED: pgettext_lazy("request", "Waiting"),
    RequestStatus.SENT: pgettext_lazy("request", "Sent"),
    RequestStatus.SUCCEEDED: pgettext_lazy("request", "Done"),
    RequestStatus.REFUSED: pgettext_lazy("request", "Refused"),
    RequestStatus.ABANDONED: pgettext_lazy("request", "Given up"),
}


class StatusFilter(KnownWords):
    title = _("status")
    parameter_name = "status"
    words = OUTCOMES


class KindFilter(KnownWords):
    title = _("kind")
    parameter_name = "kind"
    words = KINDS


def request_badge(row: StripeRequest) -> SafeString:
    return words.badge(TONES.get(row.status, words.BUSY), OUTCOMES.get(row.status, row.status))


@admin.register(StripeRequest)
class StripeRequestAdmin(
    OfAPayment, AtStripe, LargeListAdmin[StripeRequest], ReadOnlyAdmin[StripeRequest]
):
    stripe_name = "stripe_request_id"
    only_if: ClassVar[Any] = {"error_message": ("error_message",)}
    list_display = [
        "shown_kind",
        "shown_status",
        "answer",
        "tries",
        "took",
        "shown_payment",
        "planned",
    ]
    list_filter = [StatusFilter, ("store", OwnRowsFilter), KindFilter, "created_at"]
    found_by = (
        "stripe_request_id__startswith",
        "object_id__startswith",
        "idempotency_key__startswith",
    )
    found_in_newest = ("path__startswith",)
    search_help_text = _(
        "The start of a req_ id, of a key or of what the answer named; of the newest, of a path."
    )
    empty_sentence = _(
        "Nothing was asked of Stripe yet. Each request of a sale will be listed here."
    )
    fields = [
        "shown_kind",
        "shown_status",
        "answer",
        "error_message",
        "shown_payment",
        "store",
        "path",
        "shown_params",
        "account",
        "idempotency_key",
        "tries",
        "planned",
        "first_sent",
        "finished",
        "next_try",
        "took",
        "at_stripe",
        "object_id",
        "replayed",
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[StripeRequest]:
        return super().get_queryset(request).select_related("store", "payment")

    @admin.display(description=_("Request"), ordering="kind")
    def shown_kind(self, row: StripeRequest) -> str:
        return request_words(row.kind)

    @admin.display(description=_("Status"), ordering="status")
    def shown_status(self, row: StripeRequest) -> SafeString:
        return request_badge(row)

    @admin.display(description=_("Answer"))
    def answer(self, row: StripeRequest) -> str:
        said = f"{row.http_status or ''} {row.error_code}".strip()
        return said or words.NOTHING

    @admin.display(description=_("Took"), ordering="milliseconds")
    def took(self, row: StripeRequest) -> str:
        return (
            words.NOTHING
            if row.milliseconds is None
            else gettext("{milliseconds} ms").format(milliseconds=row.milliseconds)
        )

    @admin.display(description=_("Parameters"))
    def shown_params(self, row: StripeRequest) -> SafeString | str:
        return words.pretty(row.params)

    @admin.display(description=_("Stripe account"))
    def account(self, row: StripeRequest) -> str:
        return row.stripe_account or gettext("The platform")

    @admin.display(description=_("Planned"), ordering="id")
    def planned(self, row: StripeRequest) -> SafeString | str:
        return words.local_time(row.created_at, row.store, words.SECONDS)

    @admin.display(description=_("First sent"))
    def first_sent(self, row: StripeRequest) -> SafeString | str:
        return words.local_time(row.first_sent_at, row.store)

    @admin.display(description=_("Finished"))
    def finished(self, row: StripeRequest) -> SafeString | str:
        return words.local_time(row.finished_at, row.store)

    @admin.display(description=_("Next try"))
    def next_try(self, row: StripeRequest) -> SafeString | str:
        when = None if row.finished_at else row.next_try_at
        return words.local_time(when, row.store)
