"""Composite foreign keys: a reader, its actions and their payments belong to one store."""

from django.db import migrations

# table, its columns, the table it points at, that table's columns
TIES = [
    ("terminal_reader", "location_id, store_id", "stores_location", "id, store_id"),
    ("terminal_readeraction", "reader_id, store_id", "terminal_reader", "id, store_id"),
    ("terminal_readeraction", "payment_id, store_id", "payments_payment", "id, store_id"),
    ("terminal_readeraction", "request_id, store_id", "payments_striperequest", "id, store_id"),
    ("terminal_defaultreader", "device_id, store_id", "stores_device", "id, store_id"),
    ("terminal_defaultreader", "reader_id, store_id", "terminal_reader", "id, store_id"),
]


def tie(table: str, columns: str, target: str, target_columns: str) -> migrations.RunSQL:
    """A foreign key over two columns, checked at once; NULL in either ends the matter."""
    name = f"{table}_{columns.replace(', ', '_')}_tied"
    return migrations.RunSQL(
        f"ALTER TABLE {table} ADD CONSTRAINT {name}"
        f" FOREIGN KEY ({columns}) REFERENCES {target} ({target_columns})",
        f"ALTER TABLE {table} DROP CONSTRAINT {name}",
    )


class Migration(migrations.Migration):
    dependencies = [
        ("terminal", "0001_readers_and_actions"),
        ("payments", "0002_rows_never_mix_stores"),
    ]

    operations = [tie(*names) for names in TIES]
