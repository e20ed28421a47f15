"""The one-time code by which a tablet gets its token."""

from django.contrib.auth.models import User
from django.db import models
from django.db.models import Q
from django.utils.timezone import now

from stores.models import checks
from stores.models.teams import Device


class PairingCode(models.Model):
    """The latest code of one device. It is kept in clear for the minutes it is worth anything,
    to be shown on the manager's page; used, it is forgotten.
    """

    device = models.OneToOneField(
        Device, models.CASCADE, primary_key=True, related_name="pairing_code"
    )
    # NULL: used.
    code = models.CharField(max_length=8, null=True, unique=True)  # noqa: DJ001
    created_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField(default=now)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            checks.matches("stores_pairingcode", "code", "[2-9A-HJ-NP-Z]{8}"),
            models.CheckConstraint(
                condition=Q(code__isnull=True, used_at__isnull=False)
                | Q(code__isnull=False, used_at__isnull=True),
                name="stores_pairingcode_forgotten_when_used",
            ),
        ]

    def __str__(self) -> str:
        return f"Pairing code of {self.device}"

    @property
    def shown(self) -> str:
        """ABCD-2345, as it is read out; empty when it was used."""
        return f"{self.code[:4]}-{self.code[4:]}" if self.code else ""

    @property
    def is_over(self) -> bool:
        return self.used_at is None and self.expires_at <= now()
