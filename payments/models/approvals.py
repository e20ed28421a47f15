"""What one person asked for and a second must agree to: four eyes."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from payments.models.payments import Payment
from payments.models.refunds import Reason, Refund
from stores.models import Device, Store
from stores.principals import StoreScopedQuerySet


class ApprovalStatus(models.TextChoices):
    WAITING = "waiting", _("Waits for a second person")
    APPROVED = "approved", pgettext_lazy("approval", "Approved")
    DECLINED = "declined", pgettext_lazy("approval", "Declined")


class Approval(models.Model):
    """A refund above somebody's limit. Nothing is given back before a second person agreed; one
    that nobody decided until `expires_at` is worth nothing.
    """

    store = models.ForeignKey(Store, models.PROTECT, related_name="+")
    payment = models.ForeignKey(Payment, models.PROTECT, related_name="approvals")
    amount = models.BigIntegerField()
    # JSON, no rows: what was asked for, as it was asked. Nothing is summed or looked up by it; when
    # a second person agrees, it is priced and checked anew, and the refund gets rows of its own.
    lines = models.JSONField(
        default=dict, blank=True, help_text=_("How many pieces came back, by the id of the line.")
    )
    reason = models.CharField(max_length=40, choices=Reason, help_text=_("Stripe's word."))
    note = models.CharField(max_length=500, help_text=_("Why, for the one who decides."))
    device = models.ForeignKey(Device, models.PROTECT, null=True, related_name="+")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()

    status = models.CharField(max_length=16, choices=ApprovalStatus, default=ApprovalStatus.WAITING)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True)
    answer = models.CharField(max_length=500, blank=True)
    refund = models.OneToOneField(Refund, models.PROTECT, null=True, related_name="approval")

    objects = StoreScopedQuerySet["Approval"].as_manager()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="payments_approval_of_money"),
            models.CheckConstraint(
                condition=Q(status__in=ApprovalStatus.values),
                name="payments_approval_status_known",
            ),
            models.CheckConstraint(
                condition=Q(device__isnull=False) | Q(user__isnull=False),
                name="payments_approval_is_somebodys",
            ),
            models.CheckConstraint(
                condition=Q(status="waiting", decided_at__isnull=True)
                | Q(status="declined", decided_at__isnull=False, refund__isnull=True)
                | Q(
                    status="approved",
                    decided_at__isnull=False,
                    decided_by__isnull=False,
                    refund__isnull=False,
                ),
                name="payments_approval_decided_once",
            ),
            models.CheckConstraint(
                condition=~Q(status="approved") | Q(user__isnull=True) | ~Q(user=F("decided_by")),
                name="payments_approval_by_a_second_person",
            ),
        ]

    def __str__(self) -> str:
        return gettext("Approval {pk}").format(pk=self.pk)

    @property
    def pieces(self) -> dict[int, int]:
        """What would come back; empty when an amount was asked for."""
        return {int(line): quantity for line, quantity in self.lines.items()}

    @property
    def is_over(self) -> bool:
        return self.status == ApprovalStatus.WAITING and self.expires_at <= timezone.now()
