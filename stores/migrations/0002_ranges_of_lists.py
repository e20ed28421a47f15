"""Lists are narrowed to days and totals that somebody writes; indexes made while the shops sell."""

from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False  # as CONCURRENTLY wants it

    dependencies = [("stores", "0001_who_sells_what_where")]

    operations = [
        AddIndexConcurrently(
            model_name="order",
            index=models.Index(fields=["created_at", "id"], name="stores_order_by_day"),
        ),
        AddIndexConcurrently(
            model_name="order",
            index=models.Index(fields=["currency", "total_amount"], name="stores_order_total"),
        ),
        AddIndexConcurrently(
            model_name="logentry",
            index=models.Index(fields=["at", "id"], name="stores_logentry_by_day"),
        ),
        RemoveIndexConcurrently(model_name="order", name="stores_order_days"),
    ]
