"""Indexes for lists and searches over millions of rows, made while the shops sell."""

import django.contrib.postgres.indexes
import django.db.models.deletion
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False  # as CONCURRENTLY wants it

    dependencies = [
        ("stores", "0020_when_locations_were_compared"),
    ]

    operations = [
        AddIndexConcurrently(
            model_name="clientrequest",
            index=models.Index(fields=["store", "-id"], name="stores_clientrequest_of_store"),
        ),
        AddIndexConcurrently(
            model_name="logentry",
            index=models.Index(
                condition=models.Q(
                    models.Q(("subject", "payment"), _negated=True),
                    models.Q(("subject", "order"), _negated=True),
                    models.Q(("subject", "reader_action"), _negated=True),
                ),
                fields=["subject", "-id"],
                name="stores_logentry_subject",
            ),
        ),
        AddIndexConcurrently(
            model_name="order",
            index=models.Index(
                condition=models.Q(("status", "paid"), _negated=True),
                fields=["status", "-id"],
                name="stores_order_status",
            ),
        ),
        AddIndexConcurrently(
            model_name="order",
            index=models.Index(fields=["number"], name="stores_order_number"),
        ),
        AddIndexConcurrently(
            model_name="order",
            index=models.Index(fields=["store", "-id"], name="stores_order_of_store"),
        ),
        AddIndexConcurrently(
            model_name="order",
            index=django.contrib.postgres.indexes.BrinIndex(
                autosummarize=True, fields=["created_at"], name="stores_order_days"
            ),
        ),
        AddIndexConcurrently(
            model_name="orderline",
            index=models.Index(fields=["store", "-id"], name="stores_orderline_of_store"),
        ),
        migrations.AlterField(
            model_name="clientrequest",
            name="store",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="stores.store",
            ),
        ),
        migrations.AlterField(
            model_name="order",
            name="store",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="orders",
                to="stores.store",
            ),
        ),
        migrations.AlterField(
            model_name="orderline",
            name="store",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="stores.store",
            ),
        ),
    ]
