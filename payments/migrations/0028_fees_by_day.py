"""Fees are summed by day, so that their report does not read every payment."""

import django.contrib.postgres.indexes
import django.db.models.deletion
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False  # as CONCURRENTLY wants it

    dependencies = [
        ("payments", "0027_days_closed_and_payouts"),
        ("stores", "0021_lists_of_millions"),
    ]

    operations = [
        migrations.CreateModel(
            name="FeeDay",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("day", models.DateField()),
                ("currency", models.CharField(max_length=3)),
                ("payments", models.PositiveIntegerField(default=0)),
                ("taken", models.BigIntegerField(default=0)),
                ("returned", models.BigIntegerField(default=0)),
                ("due", models.BigIntegerField(default=0)),
                ("foreign", models.BigIntegerField(default=0)),
                ("missing", models.BigIntegerField(default=0)),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="stores.account",
                    ),
                ),
                (
                    "store",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="stores.store",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["day"], name="payments_feeday_day")],
            },
        ),
        # A store's fees are its account's.
        migrations.RunSQL(
            "ALTER TABLE payments_feeday ADD CONSTRAINT payments_feeday_store_id_account_id_tied"
            " FOREIGN KEY (store_id, account_id) REFERENCES stores_store (id, account_id)",
            "ALTER TABLE payments_feeday DROP CONSTRAINT payments_feeday_store_id_account_id_tied",
        ),
        AddIndexConcurrently(
            model_name="payment",
            index=django.contrib.postgres.indexes.BrinIndex(
                autosummarize=True, fields=["ended_at"], name="payments_payment_ended"
            ),
        ),
    ]
