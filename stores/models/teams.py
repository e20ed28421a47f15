"""Who works in a store, and on which tablets: Membership, Device, CashierSession."""

from django.contrib.auth.models import User
from django.db import models
from django.db.models import Q
from django.utils.timezone import now
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from stores.models import checks
from stores.models.companies import Store
from stores.principals import Role, StoreScopedQuerySet


class MembershipQuerySet(StoreScopedQuerySet["Membership"]):
    pass


class Membership(models.Model):
    """A person works in a store, as something; without one a person sees nothing of it."""

    user = models.ForeignKey(User, models.CASCADE, related_name="memberships")
    store = models.ForeignKey(Store, models.PROTECT, related_name="memberships")
    role = models.CharField(max_length=16, choices=Role.choices)
    pin_hash = models.CharField(
        _("PIN"),
        max_length=128,
        blank=True,
        editable=False,
        help_text=_("Slowly hashed; empty: none."),
    )

    objects = MembershipQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "store"], name="stores_membership_once"),
            models.UniqueConstraint(fields=["id", "store"], name="stores_membership_id_store"),
            checks.one_of("stores_membership", "role", Role),
        ]

    def __str__(self) -> str:
        return f"{self.get_role_display()} #{self.pk}"


class DeviceQuerySet(StoreScopedQuerySet["Device"]):
    pass


class Device(models.Model):
    """A tablet paired with one store; it proves itself by a token of which we keep the hash."""

    store = models.ForeignKey(Store, models.PROTECT, related_name="devices")
    name = models.CharField(max_length=100)
    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    # The token before, good for a little while after a new one was asked for.
    old_token_hash = models.CharField(  # noqa: DJ001
        max_length=64, null=True, unique=True, editable=False
    )
    old_token_until = models.DateTimeField(null=True, editable=False)
    last_seen_at = models.DateTimeField(null=True, blank=True, editable=False)
    revoked_at = models.DateTimeField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField(default=now, editable=False)

    objects = DeviceQuerySet.as_manager()

    # Who entered their PIN on it, when `authenticate_device` found it.
    cashier: "CashierSession | None" = None

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(old_token_hash__isnull=True, old_token_until__isnull=True)
                | Q(old_token_hash__isnull=False, old_token_until__isnull=False),
                name="stores_device_old_token_ends",
            ),
            models.UniqueConstraint(fields=["id", "store"], name="stores_device_id_store"),
            checks.matches("stores_device", "token_hash", "[0-9a-f]{64}"),
        ]

    def __str__(self) -> str:
        return self.name


class CashierSession(models.Model):
    """Who works on a tablet now, by PIN. Gone when it is over; the log keeps who it was."""

    device = models.OneToOneField(
        Device, models.CASCADE, primary_key=True, related_name="cashier_session"
    )
    store = models.ForeignKey(Store, models.CASCADE, related_name="+")
    membership = models.ForeignKey(Membership, models.CASCADE, related_name="+")
    confirmed_at = models.DateTimeField(default=now, help_text=_("When the PIN was entered."))
    used_at = models.DateTimeField(default=now)

    objects = StoreScopedQuerySet["CashierSession"].as_manager()

    def __str__(self) -> str:
        return gettext("Cashier on device {device}").format(device=self.device_id)
