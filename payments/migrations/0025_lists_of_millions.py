"""Indexes for lists and searches over millions of rows, made while the shops sell."""

import django.contrib.postgres.indexes
import django.db.models.deletion
import django.db.models.fields.json
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False  # as CONCURRENTLY wants it

    dependencies = [
        ("payments", "0024_fleets_are_compared"),
        ("stores", "0021_lists_of_millions"),
    ]

    operations = [
        AddIndexConcurrently(
            model_name="feemovement",
            index=models.Index(fields=["store", "-id"], name="payments_feemovement_of_store"),
        ),
        AddIndexConcurrently(
            model_name="feemovement",
            index=models.Index(
                condition=models.Q(("kind", "application_fee_refund")),
                fields=["kind", "-id"],
                name="payments_feemovement_returned",
            ),
        ),
        AddIndexConcurrently(
            model_name="feemovement",
            index=django.contrib.postgres.indexes.BrinIndex(
                autosummarize=True, fields=["created_at"], name="payments_feemovement_days"
            ),
        ),
        AddIndexConcurrently(
            model_name="inboundevent",
            index=models.Index(
                condition=models.Q(("status__in", ("ignored", "failed"))),
                fields=["status", "-id"],
                name="payments_event_not_handled",
            ),
        ),
        AddIndexConcurrently(
            model_name="inboundevent",
            index=django.contrib.postgres.indexes.BrinIndex(
                autosummarize=True, fields=["received_at"], name="payments_event_days"
            ),
        ),
        AddIndexConcurrently(
            model_name="payment",
            index=models.Index(
                condition=models.Q(("state", "paid"), _negated=True),
                fields=["state", "-id"],
                name="payments_payment_state",
            ),
        ),
        AddIndexConcurrently(
            model_name="payment",
            index=models.Index(
                fields=["latest_charge_id"],
                name="payments_payment_charge",
                opclasses=["varchar_pattern_ops"],
            ),
        ),
        AddIndexConcurrently(
            model_name="payment",
            index=models.Index(
                django.db.models.fields.json.KeyTransform("last4", "card"),
                name="payments_payment_last4",
            ),
        ),
        AddIndexConcurrently(
            model_name="payment",
            index=django.contrib.postgres.indexes.BrinIndex(
                autosummarize=True, fields=["created_at"], name="payments_payment_days"
            ),
        ),
        AddIndexConcurrently(
            model_name="refund",
            index=models.Index(fields=["store", "-id"], name="payments_refund_of_store"),
        ),
        AddIndexConcurrently(
            model_name="striperequest",
            index=models.Index(fields=["store", "-id"], name="payments_request_of_store"),
        ),
        AddIndexConcurrently(
            model_name="striperequest",
            index=models.Index(
                condition=models.Q(("status", "succeeded"), _negated=True),
                fields=["status", "-id"],
                name="payments_request_status",
            ),
        ),
        AddIndexConcurrently(
            model_name="striperequest",
            index=models.Index(
                condition=models.Q(
                    models.Q(("kind", "payment_intent.create"), _negated=True),
                    models.Q(("kind", "reader.process_payment_intent"), _negated=True),
                ),
                fields=["kind", "-id"],
                name="payments_request_kind",
            ),
        ),
        AddIndexConcurrently(
            model_name="striperequest",
            index=models.Index(
                fields=["stripe_request_id"],
                name="payments_request_answer",
                opclasses=["varchar_pattern_ops"],
            ),
        ),
        AddIndexConcurrently(
            model_name="striperequest",
            index=models.Index(
                fields=["object_id"],
                name="payments_request_object",
                opclasses=["varchar_pattern_ops"],
            ),
        ),
        AddIndexConcurrently(
            model_name="striperequest",
            index=django.contrib.postgres.indexes.BrinIndex(
                autosummarize=True, fields=["created_at"], name="payments_request_days"
            ),
        ),
        migrations.AlterField(
            model_name="feemovement",
            name="store",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="stores.store",
            ),
        ),
        migrations.AlterField(
            model_name="payment",
            name="store",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="payments",
                to="stores.store",
            ),
        ),
        migrations.AlterField(
            model_name="refund",
            name="store",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="stores.store",
            ),
        ),
        migrations.AlterField(
            model_name="striperequest",
            name="store",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="stores.store",
            ),
        ),
    ]
