"""An unlogged table and its index may be unreadable after a crash of a PostgreSQL with
`wal_level=minimal`, such as that of `make run`, and without a budget no dispatcher works."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("payments", "0015_why_canceled_and_asked_amount")]

    operations = [
        migrations.RunSQL(
            "ALTER TABLE payments_readbudget SET LOGGED",
            "ALTER TABLE payments_readbudget SET UNLOGGED",
        ),
    ]
