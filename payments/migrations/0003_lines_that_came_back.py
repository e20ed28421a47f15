"""A refund by line says which lines came back, how many pieces of each, and for how much; e-mailed
receipts have a list.
"""

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import F, Q

from stores.ties import tie


PROTECT, DO_NOTHING = django.db.models.deletion.PROTECT, django.db.models.deletion.DO_NOTHING


def _tied(to: str, related_name: str = "+", on_delete=PROTECT, **more: bool) -> models.ForeignKey:
    return models.ForeignKey(on_delete=on_delete, related_name=related_name, to=to, **more)


class Migration(migrations.Migration):
    dependencies = [
        ("payments", "0002_ranges_of_lists"),
        ("stores", "0002_ranges_of_lists"),
    ]

    operations = [
        migrations.AddConstraint(
            model_name="refund",
            constraint=models.UniqueConstraint(
                fields=["id", "payment"], name="payments_refund_id_payment"
            ),
        ),
        migrations.CreateModel(
            name="RefundLine",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("quantity", models.PositiveIntegerField()),
                ("amount", models.BigIntegerField(help_text="With its tax.")),
                ("tax_amount", models.BigIntegerField()),
                ("line", _tied("stores.orderline", "refund_lines", DO_NOTHING)),
                ("order", _tied("stores.order")),
                ("payment", _tied("payments.payment")),
                ("refund", _tied("payments.refund", "lines", db_index=False)),
                ("store", _tied("stores.store", db_index=False)),
            ],
            options={
                "ordering": ["pk"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=["refund", "line"], name="payments_refundline_once_per_refund"
                    ),
                    models.CheckConstraint(
                        condition=Q(quantity__gte=1), name="payments_refundline_of_pieces"
                    ),
                    models.CheckConstraint(
                        condition=Q(tax_amount__gte=0) & Q(amount__gte=F("tax_amount")),
                        name="payments_refundline_tax_is_part_of_it",
                    ),
                ],
            },
        ),
        migrations.AddField(
            model_name="approval",
            name="lines",
            field=models.JSONField(
                blank=True,
                default=dict,
                help_text="How many pieces came back, by the id of the line.",
            ),
        ),
        migrations.AddIndex(
            model_name="receiptemail",
            index=models.Index(fields=["store", "-id"], name="payments_receiptemail_store"),
        ),
        migrations.AddIndex(
            model_name="receiptemail",
            index=models.Index(fields=["created_at", "id"], name="payments_receiptemail_by_day"),
        ),
        migrations.AlterField(
            model_name="receiptemail", name="store", field=_tied("stores.store", db_index=False)
        ),
        tie("payments_refundline", "refund_id, payment_id", "payments_refund", "id, payment_id"),
        tie("payments_refundline", "payment_id, store_id", "payments_payment", "id, store_id"),
        tie("payments_refundline", "payment_id, order_id", "payments_payment", "id, order_id"),
        tie("payments_refundline", "line_id, order_id", "stores_orderline", "id, order_id"),
    ]
