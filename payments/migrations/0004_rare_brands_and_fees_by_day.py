"""Payments of a rare brand are found by an index, and fees are read by day without sorting them
all; indexes made while the shops sell."""

from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models
from django.db.models.fields.json import KeyTransform


class Migration(migrations.Migration):
    atomic = False  # as CONCURRENTLY wants it

    dependencies = [("payments", "0003_lines_that_came_back")]

    operations = [
        AddIndexConcurrently(
            model_name="payment",
            index=models.Index(KeyTransform("brand", "card"), name="payments_payment_brand"),
        ),
        AddIndexConcurrently(
            model_name="feemovement",
            index=models.Index(fields=["created_at", "id"], name="payments_feemovement_by_day"),
        ),
        RemoveIndexConcurrently(model_name="feemovement", name="payments_feemovement_days"),
    ]
