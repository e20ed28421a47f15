"""The chain over the log: a seal per stretch of rows, each over the one before it."""

from django.db import models
from django.db.models import F, Q
from django.utils.timezone import now

from stores.models import checks


class LogSeal(models.Model):
    """A hash over the seal before and every log row with an id in (`after_id`, `last_id`].

    Never changed and never deleted: a trigger refuses both. Whoever keeps the hash of one seal
    elsewhere can prove that no row up to it was changed, removed or put in since.
    """

    number = models.PositiveBigIntegerField(primary_key=True)
    after_id = models.BigIntegerField()
    last_id = models.BigIntegerField()
    rows = models.PositiveIntegerField()
    hash = models.CharField(max_length=64)
    sealed_at = models.DateTimeField(default=now)

    class Meta:
        ordering = ["number"]
        constraints = [
            checks.matches("stores_logseal", "hash", "[0-9a-f]{64}"),
            models.CheckConstraint(
                condition=Q(last_id__gt=F("after_id")), name="stores_logseal_goes_on"
            ),
            models.UniqueConstraint(fields=["after_id"], name="stores_logseal_one_after_another"),
        ]

    def __str__(self) -> str:
        return f"Seal {self.number}: {self.rows} rows up to {self.last_id}"
