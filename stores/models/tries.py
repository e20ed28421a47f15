"""Tries of a secret that were wrong: what throttling counts."""

from django.db import models
from django.utils.timezone import now


class FailedTry(models.Model):
    """One wrong password, code or PIN, or one whose answer is still being found out.

    `subject` says of whom and where; names that were typed are hashed in it, because people type
    passwords where their name should go.
    """

    subject = models.CharField(max_length=120)
    at = models.DateTimeField(default=now)

    class Meta:
        verbose_name_plural = "failed tries"
        indexes = [models.Index(fields=["subject", "at"], name="stores_failedtry_of_subject")]

    def __str__(self) -> str:
        return f"Failed try {self.pk}"
