"""An index for the numbers of each reader's last days, in place of the one by reader alone."""

import django.db.models.deletion
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False  # as CONCURRENTLY wants it

    dependencies = [("terminal", "0013_brands_that_are_declined")]

    operations = [
        AddIndexConcurrently(
            model_name="readeraction",
            index=models.Index(fields=["reader", "requested_at"], name="terminal_readeraction_lately"),
        ),
        # By its name: Django's own way drops every index of this column alone, and with it the
        # unique ones that keep a reader to one action.
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(
                    "DROP INDEX CONCURRENTLY IF EXISTS terminal_readeraction_reader_id_3271b70f",
                    migrations.RunSQL.noop,
                )
            ],
            state_operations=[
                migrations.AlterField(
                    model_name="readeraction",
                    name="reader",
                    field=models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="actions",
                        to="terminal.reader",
                    ),
                ),
            ],
        ),
    ]
