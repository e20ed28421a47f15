"""Composite foreign keys: a row and all it points at belong to the same store; the log only grows."""

from django.db import migrations

# table, its columns, the table it points at, that table's columns
TIES = [
    ("stores_location", "store_id, country", "stores_store", "id, country"),
    ("stores_order", "store_id, currency", "stores_store", "id, currency"),
    ("stores_order", "device_id, store_id", "stores_device", "id, store_id"),
    ("stores_orderline", "order_id, store_id", "stores_order", "id, store_id"),
    ("stores_orderline", "product_id, store_id", "stores_product", "id, store_id"),
    ("stores_logentry", "order_id, store_id", "stores_order", "id, store_id"),
    ("stores_logentry", "device_id, store_id", "stores_device", "id, store_id"),
]


def tie(table: str, columns: str, target: str, target_columns: str) -> migrations.RunSQL:
    """A foreign key over two columns, checked at once; NULL in either ends the matter."""
    name = f"{table}_{columns.replace(', ', '_')}_tied"
    return migrations.RunSQL(
        f"ALTER TABLE {table} ADD CONSTRAINT {name}"
        f" FOREIGN KEY ({columns}) REFERENCES {target} ({target_columns})",
        f"ALTER TABLE {table} DROP CONSTRAINT {name}",
    )


APPEND_ONLY = """
CREATE FUNCTION stores_logentry_only_grows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'stores_logentry only grows: % refused', TG_OP
        USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER stores_logentry_only_grows BEFORE UPDATE OR DELETE ON stores_logentry
    FOR EACH ROW EXECUTE FUNCTION stores_logentry_only_grows();
"""

FREE_AGAIN = """
DROP TRIGGER stores_logentry_only_grows ON stores_logentry;
DROP FUNCTION stores_logentry_only_grows();
"""


class Migration(migrations.Migration):
    dependencies = [("stores", "0001_who_sells_what_where")]

    operations = [*(tie(*names) for names in TIES), migrations.RunSQL(APPEND_ONLY, FREE_AGAIN)]
