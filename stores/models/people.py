"""The platform's support: who they are, and each time one of them was let in to look."""

from django.contrib.auth.models import User
from django.db import models
from django.db.models import F, Q
from django.utils.timezone import now
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from stores.models import checks
from stores.principals import PLATFORM, Principal


class SupportPerson(models.Model):
    """Someone of the platform who may look, with a reason, at what stores do; named by its owner.

    The platform's owner is Django's superuser.
    """

    user = models.OneToOneField(
        User, models.CASCADE, primary_key=True, related_name="support_person"
    )
    added_at = models.DateTimeField(default=now, editable=False)

    class Meta:
        verbose_name_plural = _("support people")

    def __str__(self) -> str:
        return str(self.user)


class SupportAccessQuerySet(models.QuerySet["SupportAccess"]):
    def for_principal(
        self, principal: Principal, roles: object = PLATFORM
    ) -> "SupportAccessQuerySet":
        """The platform's owner sees all, support people their own."""
        if principal.is_platform_owner:
            return self.all()
        if principal.user_id is None or not principal.may_look:
            return self.none()
        return self.filter(user_id=principal.user_id)

    def open(self) -> "SupportAccessQuerySet":
        return self.filter(closed_at=None, ends_at__gt=now(), user__support_person__isnull=False)


class SupportAccess(models.Model):
    """One look at everything, for a reason and for a while. It changes nothing."""

    user = models.ForeignKey(User, models.PROTECT, related_name="support_accesses")
    reason = models.CharField(
        max_length=300, help_text=_("What it is for: a ticket's number, and what is looked for.")
    )
    opened_at = models.DateTimeField(default=now)
    ends_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)

    objects = SupportAccessQuerySet.as_manager()

    class Meta:
        verbose_name_plural = _("support accesses")
        constraints = [
            checks.matches("stores_supportaccess", "reason", r".*\S.*"),
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("opened_at")), name="stores_supportaccess_ends_later"
            ),
        ]

    def __str__(self) -> str:
        return gettext("Support access {pk}").format(pk=self.pk)


class RecoveryCode(models.Model):
    """A code that stands in once for a lost second factor; we keep its hash."""

    user = models.ForeignKey(User, models.CASCADE, related_name="recovery_codes")
    code_hash = models.CharField(max_length=64)
    used_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "code_hash"], name="stores_recoverycode_once"),
            checks.matches("stores_recoverycode", "code_hash", "[0-9a-f]{64}"),
        ]

    def __str__(self) -> str:
        return f"Recovery code {self.pk}"
