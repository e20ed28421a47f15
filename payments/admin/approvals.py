"""What waits for a second person, and the two buttons of that person."""

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
from payments.models import Approval, ApprovalStatus
from payments.services import approvals, refund_lines
from stores.admin_row_filters import OwnRowsFilter
from stores.names import who
from stores.principals import MANAGERS, Principal


def came_back(approval: Approval) -> list[tuple[str, Any]]:
    pieces = approval.pieces
    return [(gettext("What came back"), refund_lines.words_of(pieces))] if pieces else []


class AnswerForm(forms.Form):
    answer = forms.CharField(label=_("What you say to it"), max_length=500, required=False)


class Decide(Button[Approval]):
    roles = MANAGERS

    def refusal(self, approval: Approval) -> str:
        if approval.status == ApprovalStatus.WAITING and not approval.is_over:
            return ""
        return gettext("Nothing was changed: there is nothing to decide any more.")

    def form(self, approval: Approval, data: Mapping[str, Any] | None) -> AnswerForm:
        return AnswerForm(data)

    def facts(self, approval: Approval) -> list[tuple[str, Any]]:
        return [
            (gettext("Refund"), words.money(approval.amount, approval.payment.currency)),
            *came_back(approval),
            (gettext("Payment"), words.admin_link(approval.payment)),
            (gettext("Asked by"), who(approval.user, approval.device)),
            (gettext("Why"), approval.note),
        ]


class Approve(Decide):
    name = "approve"
    label = _("Approve")
    tone = "default"
    sensitive = True

    def question(self, approval: Approval) -> Question:
        said = gettext("The money goes back to the customer. Who asked for it cannot approve it.")
        return Question(gettext("Approve this refund?"), self.facts(approval), [said])

    def press(self, approval: Approval, *, by: Principal, form: forms.Form | None) -> str:
        assert form is not None
        approvals.approve(approval, by=by, answer=form.cleaned_data["answer"])
        return gettext("Approved. The refund is on its way.")


class Decline(Decide):
    name = "decline"
    label = _("Decline")
    tone = "danger"

    def question(self, approval: Approval) -> Question:
        return Question(
            gettext("Decline this refund?"),
            self.facts(approval),
            [gettext("Nothing is given back.")],
        )

    def press(self, approval: Approval, *, by: Principal, form: forms.Form | None) -> str:
        assert form is not None
        approvals.decline(approval, by=by, answer=form.cleaned_data["answer"])
        return gettext("Declined. Nothing is given back.")


@admin.register(Approval)
class ApprovalAdmin(ButtonsAdmin[Approval]):
    list_display = ["asked", "store", "shown_amount", "state", "asked_by", "note", "decider"]
    list_filter = [("store", OwnRowsFilter), "status", "created_at"]
    search_fields = ["note", "answer"]
    ordering = ["-id"]
    empty_sentence = _("Nothing waits for a second person.")
    buttons: ClassVar[Any] = [Approve(), Decline()]
    live_template = "admin/payments/approval/live.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Approval]:
        related = ("store", "payment__order", "payment__store", "user", "device", "decided_by")
        return super().get_queryset(request).select_related(*related)

    @admin.display(description=_("Asked"), ordering="created_at")
    def asked(self, approval: Approval) -> SafeString | str:
        return words.local_time(approval.created_at, approval.store, words.SHORT)

    @admin.display(description=_("Refund"), ordering="amount")
    def shown_amount(self, approval: Approval) -> str:
        return words.money(approval.amount, approval.payment.currency)

    @admin.display(description=_("Asked by"))
    def asked_by(self, approval: Approval) -> str:
        return who(approval.user, approval.device)

    @admin.display(description=_("Decided by"))
    def decider(self, approval: Approval) -> str:
        return who(approval.decided_by, None) or words.NOTHING

    @admin.display(description=_("Status"), ordering="status")
    def state(self, approval: Approval) -> SafeString:
        if approval.is_over:
            return words.badge(words.QUIET, gettext("Nobody decided in time"))
        tone = words.BAD if approval.status == ApprovalStatus.WAITING else words.QUIET
        return words.badge(tone, approval.get_status_display())

    def live(self, row: Approval) -> Live:
        waits = row.status == ApprovalStatus.WAITING and not row.is_over
        return Live(f"{row.status}{waits}", row.get_status_display(), 10.0 if waits else None)

    def live_context(self, request: HttpRequest, row: Approval) -> dict[str, Any]:
        facts: list[tuple[str, Any]] = [
            (gettext("Refund"), self.shown_amount(row)),
            *came_back(row),
            (gettext("Payment"), words.admin_link(row.payment)),
            (gettext("Order"), words.admin_link(row.payment.order)),
            (gettext("Asked by"), self.asked_by(row)),
            (gettext("Asked"), words.local_time(row.created_at, row.store)),
            (gettext("Decide until"), words.local_time(row.expires_at, row.store)),
        ]
        if row.decided_at is not None:
            facts += [
                (gettext("Decided"), words.local_time(row.decided_at, row.store)),
                (gettext("Decided by"), self.decider(row)),
                (gettext("Answer"), row.answer or words.NOTHING),
            ]
        return {"badge": self.state(row), "approval": row, "facts": facts}
