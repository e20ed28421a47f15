"""What a client asked under an `Idempotency-Key`, so that asking again does nothing twice."""

from django.contrib.auth.models import User
from django.db import models
from django.db.models import Q
from django.utils.timezone import now
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from stores.models import checks
from stores.models.companies import Store
from stores.models.teams import Device
from stores.principals import StoreScopedQuerySet


class ClientRequest(models.Model):
    """One POST that was carried out, known by its principal and key.

    Written in the transaction of what it did: either both are there or neither. It names the
    resource, not the answer, because a replay shows the resource as it is then.
    """

    # NULL for a member of staff until it is known what the request was about.
    store = models.ForeignKey(Store, models.PROTECT, null=True, related_name="+", db_index=False)
    device = models.ForeignKey(Device, models.CASCADE, null=True, related_name="+")
    user = models.ForeignKey(User, models.CASCADE, null=True, related_name="+")
    key = models.CharField(max_length=255)
    fingerprint = models.CharField(
        max_length=64, help_text=_("SHA-256 of the method, the path and the body.")
    )
    resource_id = models.BigIntegerField(null=True)
    created_at = models.DateTimeField(default=now)

    objects = StoreScopedQuerySet["ClientRequest"].as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["device", "key"], name="stores_clientrequest_device"),
            models.UniqueConstraint(fields=["user", "key"], name="stores_clientrequest_user"),
            models.CheckConstraint(
                condition=Q(device__isnull=False, user__isnull=True, store__isnull=False)
                | Q(device__isnull=True, user__isnull=False),
                name="stores_clientrequest_one_principal",
            ),
            checks.matches("stores_clientrequest", "fingerprint", "[0-9a-f]{64}"),
        ]
        indexes = [
            models.Index(fields=["created_at"], name="stores_clientrequest_age"),
            models.Index(fields=["store", "-id"], name="stores_clientrequest_of_store"),
        ]

    def __str__(self) -> str:
        return gettext("Client request {pk}").format(pk=self.pk)
