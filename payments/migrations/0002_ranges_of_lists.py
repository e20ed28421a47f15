"""Lists are narrowed to days and amounts that somebody writes; indexes made while the shops sell."""

from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models
from django.db.models import F


class Migration(migrations.Migration):
    atomic = False  # as CONCURRENTLY wants it

    dependencies = [("payments", "0001_payments_and_requests")]

    operations = [
        AddIndexConcurrently(
            model_name="payment",
            index=models.Index(fields=["created_at", "id"], name="payments_payment_by_day"),
        ),
        AddIndexConcurrently(
            model_name="payment",
            index=models.Index(
                F("currency"), F("amount") + F("tip_amount"), name="payments_payment_asked"
            ),
        ),
        RemoveIndexConcurrently(model_name="payment", name="payments_payment_days"),
    ]
