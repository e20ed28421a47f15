"""Indexes for lists and searches over millions of rows, made while the shops sell."""

import django.contrib.postgres.indexes
import django.db.models.deletion
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False  # as CONCURRENTLY wants it

    dependencies = [
        ("payments", "0025_lists_of_millions"),
        ("stores", "0021_lists_of_millions"),
        ("terminal", "0011_tips_of_accounts_and_locations"),
    ]

    operations = [
        AddIndexConcurrently(
            model_name="readeraction",
            index=models.Index(fields=["store", "-id"], name="terminal_readeraction_of_store"),
        ),
        AddIndexConcurrently(
            model_name="readeraction",
            index=models.Index(
                condition=models.Q(("status", "succeeded"), _negated=True),
                fields=["status", "-id"],
                name="terminal_readeraction_status",
            ),
        ),
        AddIndexConcurrently(
            model_name="readeraction",
            index=models.Index(
                condition=models.Q(("failure_code", ""), _negated=True),
                fields=["failure_code", "-id"],
                name="terminal_readeraction_failure",
            ),
        ),
        AddIndexConcurrently(
            model_name="readeraction",
            index=django.contrib.postgres.indexes.BrinIndex(
                autosummarize=True, fields=["requested_at"], name="terminal_readeraction_days"
            ),
        ),
        migrations.AlterField(
            model_name="readeraction",
            name="store",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="stores.store",
            ),
        ),
    ]
