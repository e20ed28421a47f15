"""Capturing in bulk: the question before it, and the page on which each payment is followed."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from hashlib import sha256
from typing import TYPE_CHECKING, Any, ClassVar
from uuid import UUID, uuid4

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext, pgettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from payments.admin import words
from payments.admin.board import BoardAdmin
from payments.admin.buttons import ButtonsAdmin, Live
from payments.models import CaptureRun, Payment, RunPayment
from payments.services import capture_runs
from payments.services.capture_runs import (
    ASKED,
    CAPTURED,
    REFUSED,
    WAITING,
    Plan,
    Result,
    Tally,
)
from stores.admin_base import principal_of, scoped, works_anywhere
from stores.currencies import spoken_amount
from stores.errors import DomainError
from stores.models import Store
from stores.names import name_of
from stores.principals import MANAGERS

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

BADGES: dict[str, tuple[str, StrOrPromise]] = {
    WAITING: (words.QUIET, _("Waiting")),
    ASKED: (words.BUSY, _("Stripe is being asked")),
    CAPTURED: (words.GOOD, _("Captured")),
    REFUSED: (words.BAD, _("Refused")),
}


def sums(payments: Iterable[tuple[str, int]]) -> str:
    """12.00 USD and 3.00 EUR, of currencies and amounts."""
    totals: dict[str, int] = {}
    for currency, amount in payments:
        totals[currency] = totals.get(currency, 0) + amount
    return pgettext("between sums", " and ").join(
        spoken_amount(total, name) for name, total in sorted(totals.items())
    )


class ManyAdmin(BoardAdmin):
    """Adds capturing in bulk to the list: of the chosen rows, or of all that end today."""

    actions = ["capture_chosen"]

    def get_urls(self) -> list[URLPattern]:
        return [
            self._page("capture-many/", self.capture_many_view, "capture_many"),
            *super().get_urls(),
        ]

    def has_capture_permission(self, request: HttpRequest) -> bool:
        return principal_of(request).may_act and works_anywhere(request, MANAGERS)

    @admin.action(description=_("Capture the selected payments"), permissions=["capture"])
    def capture_chosen(self, request: HttpRequest, queryset: QuerySet[Payment]) -> HttpResponse:
        """Asks; `capture_many_view` does it."""
        ids = list(queryset.order_by("pk").values_list("pk", flat=True)[: capture_runs.MOST + 1])
        plan = capture_runs.plan(ids, principal_of(request))
        return self._ask_many(request, plan, gettext("Capture the selected payments?"))

    @method_decorator(transaction.non_atomic_requests)
    def capture_many_view(self, request: HttpRequest) -> HttpResponse:
        """GET asks about all that end today; POST does what was asked, whichever it was."""
        if not self.has_capture_permission(request):
            raise PermissionDenied
        if request.method != "POST":
            plan = capture_runs.expiring(principal_of(request), timezone.now())
            return self._ask_many(request, plan, gettext("Capture all that expire today?"))
        ids, key = _posted(request)
        try:
            run = capture_runs.start(ids, by=principal_of(request), key=key)
        except DomainError as refused:
            messages.warning(request, f"{refused.message} {refused.next_action}")
            return HttpResponseRedirect(reverse("admin:payments_payment_changelist"))
        return HttpResponseRedirect(reverse("admin:payments_capturerun_change", args=[run.pk]))

    def _ask_many(self, request: HttpRequest, plan: Plan, title: str) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": title if plan.payments else gettext("Nothing to capture"),
            "opts": self.opts,
            "plan": plan,
            "most": capture_runs.MOST,
            "key": uuid4(),
            "ids": ",".join(str(payment.pk) for payment in plan.payments),
            "totals": [
                (count, words.money(total, currency))
                for currency, (count, total) in plan.totals.items()
            ],
            "total": sums((p.currency, p.amount_capturable) for p in plan.payments),
            "rows": [_row(payment) for payment in plan.payments],
            "left_out": [_row(payment, why) for payment, why in plan.left_out],
            "back_url": reverse("admin:payments_payment_changelist"),
        }
        return TemplateResponse(request, "admin/payments/capturerun/question.html", context)


def _posted(request: HttpRequest) -> tuple[Collection[int], UUID]:
    """What our own page sends; anything else is nothing to capture."""
    ids = [int(word) for word in request.POST.get("payments", "").split(",") if word.isdecimal()]
    try:
        return [pk for pk in ids if pk < 2**63], UUID(request.POST.get("key", ""))
    except ValueError:
        return [], uuid4()


def _row(payment: Payment, why: str = "") -> dict[str, Any]:
    return {
        "link": words.admin_link(
            payment, gettext("{order}, payment {pk}").format(order=payment.order, pk=payment.pk)
        ),
        "store": payment.store,
        "card": words.card_words(payment),
        "amount": words.money(payment.amount_capturable or payment.amount, payment.currency),
        "before": words.local_time(words.capture_deadline(payment), payment.store, words.SHORT),
        "why": why,
    }


@admin.register(CaptureRun)
class CaptureRunAdmin(ButtonsAdmin[CaptureRun]):
    list_display = ["number", "started", "started_by", "payments_of_it", "shown_state"]
    ordering = ["-id"]
    empty_sentence = _(
        "Nothing was captured in bulk yet. Choose payments in their list, or press the button there"
        " for all that expire today."
    )
    buttons: ClassVar[Any] = []
    live_template = "admin/payments/capturerun/live.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[CaptureRun]:
        principal = principal_of(request)
        mine = Q() if principal.sees_all() else principal.stores("payments__store_id")
        runs = super().get_queryset(request).select_related("user")
        return capture_runs.tallied(runs, mine)

    @admin.display(description=pgettext_lazy("captures", "Run"), ordering="id")
    def number(self, run: CaptureRun) -> str:
        return f"#{run.pk}"

    @admin.display(description=_("Started"), ordering="id")
    def started(self, run: CaptureRun) -> SafeString | str:
        return words.local_time(run.created_at, None, words.SHORT)

    @admin.display(description=_("Started by"))
    def started_by(self, run: CaptureRun) -> str:
        return name_of(run.user)

    @admin.display(description=_("Payments"))
    def payments_of_it(self, run: CaptureRun) -> int:
        return capture_runs.tally(run).all

    @admin.display(description=_("Status"))
    def shown_state(self, run: CaptureRun) -> SafeString:
        found = capture_runs.tally(run)
        badge = _badge(is_over=found.is_over, refused=found.refused)
        return format_html('{} <span class="quiet">{}</span>', badge, _said(found))

    def row_title(self, row: CaptureRun) -> str:
        return str(row)

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> CaptureRun | None:
        """With what became of those payments that this person may see; read once for a page."""
        run = super().get_object(request, object_id, from_field)
        if run is not None:
            rows = scoped(RunPayment.objects.filter(run=run), request)
            related = rows.select_related("payment__order", "payment__store", "store")
            run.told = capture_runs.results(related)  # type: ignore[attr-defined]
        return run

    def live(self, row: CaptureRun) -> Live:
        told: list[Result] = row.told  # type: ignore[attr-defined]
        over = sum(result.is_over for result in told)
        stamp = "-".join(result.kind[0] for result in told)
        return Live(
            sha256(stamp.encode()).hexdigest()[:16],
            gettext("{over} of {count} payments are through.").format(over=over, count=len(told)),
            1.0 if over < len(told) else None,
        )

    def live_context(self, request: HttpRequest, row: CaptureRun) -> dict[str, Any]:
        told: list[Result] = row.told  # type: ignore[attr-defined]
        over = sum(result.is_over for result in told)
        return {
            "run": row,
            "badge": _badge(
                is_over=over == len(told), refused=sum(each.kind == REFUSED for each in told)
            ),
            "counts": [
                (
                    words.badge(*BADGES[kind]),
                    len(of_kind),
                    sums((each.row.payment.currency, _amount(each)) for each in of_kind),
                )
                for kind in BADGES
                if (of_kind := [each for each in told if each.kind == kind])
            ],
            "over": over,
            "all": len(told),
            "facts": [
                (gettext("Started by"), name_of(row.user)),
                (gettext("Started"), words.local_time(row.created_at, _zone(told))),
                (gettext("Payments"), len(told)),
            ],
            "rows": [
                _row(each.row.payment, each.message)
                | {
                    "badge": words.badge(*BADGES[each.kind]),
                    "amount": words.money(_amount(each), each.row.payment.currency),
                }
                for each in sorted(told, key=lambda each: ORDER.index(each.kind))
            ],
        }


ORDER = (REFUSED, ASKED, WAITING, CAPTURED)


def _badge(*, is_over: bool, refused: int) -> SafeString:
    if not is_over:
        return words.badge(words.BUSY, gettext("At work"))
    if refused:
        return words.badge(words.BAD, gettext("Done, with refusals"))
    return words.badge(words.GOOD, gettext("Done"))


def _said(found: Tally) -> str:
    """12 of 12 asked; 11 captured, 1 refused"""
    came_out = [
        ngettext("{number} captured", "{number} captured", found.captured).format(
            number=found.captured
        ),
        ngettext("{number} refused", "{number} refused", found.refused).format(
            number=found.refused
        ),
    ]
    told = [words_ for words_, n in zip(came_out, found[2:], strict=True) if n]
    asked = gettext("{asked} of {count} asked").format(asked=found.asked, count=found.all)
    if not told:
        return asked
    return gettext("{asked}; {result}").format(asked=asked, result=", ".join(told))


def _amount(result: Result) -> int:
    payment = result.row.payment
    if result.kind == CAPTURED:
        return payment.amount_received
    return payment.amount_capturable or payment.amount


def _zone(told: list[Result]) -> Store | None:
    """The store's clock when all is of one store."""
    stores = {result.row.store for result in told}
    return stores.pop() if len(stores) == 1 else None
