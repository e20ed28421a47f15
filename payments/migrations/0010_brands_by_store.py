"""Payments of a brand are found by store, the newest first."""

from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models
from django.db.models.fields.json import KeyTransform


class Migration(migrations.Migration):
    atomic = False  # as CONCURRENTLY wants it

    dependencies = [("payments", "0009_when_stripe_was_asked")]

    operations = [
        RemoveIndexConcurrently("payment", "payments_payment_brand"),
        AddIndexConcurrently(
            "payment",
            models.Index(
                KeyTransform("brand", "card"),
                models.F("store"),
                models.F("id").desc(),
                name="payments_payment_brand",
            ),
        ),
    ]
