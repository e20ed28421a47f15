"""Composite foreign keys: a payment, its order and its requests belong to one store."""

from django.db import migrations

# table, its columns, the table it points at, that table's columns
TIES = [
    ("payments_payment", "order_id, store_id", "stores_order", "id, store_id"),
    ("payments_payment", "order_id, currency", "stores_order", "id, currency"),
    ("payments_payment", "device_id, store_id", "stores_device", "id, store_id"),
    ("payments_striperequest", "payment_id, store_id", "payments_payment", "id, store_id"),
    ("payments_incident", "payment_id, store_id", "payments_payment", "id, store_id"),
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
        ("payments", "0001_payments_and_requests"),
        ("stores", "0002_rows_never_mix_stores"),
    ]

    operations = [tie(*names) for names in TIES]
