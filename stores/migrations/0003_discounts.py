"""What comes off an order and its lines, who gave it, and how much a role may give."""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models
from django.db.models import F, Q

from stores.ties import tie

PROTECT, DO_NOTHING = django.db.models.deletion.PROTECT, django.db.models.deletion.DO_NOTHING
LARGEST = 999_999_999_999
REASONS = [
    ("damaged", "Damaged or short-dated"),
    ("price_match", "Price match"),
    ("promotion", "Promotion"),
    ("loyalty", "Regular customer"),
    ("staff", "Staff purchase"),
    ("goodwill", "Goodwill"),
    ("other", "Another reason"),
]
LIMITS = {
    "cashier_discount_limit": (
        "The most that tablets and cashiers may take off one order, in the currency's smallest"
        " unit; 0: only managers give discounts."
    ),
    "cashier_discount_day_limit": (
        "The most that a cashier may give as discounts in a day, in the smallest unit; empty: any."
    ),
    "manager_discount_limit": (
        "The most that a manager may take off one order without a second person, in the smallest"
        " unit; empty: any."
    ),
    "manager_discount_day_limit": (
        "The most that a manager may give as discounts in a day, in the smallest unit; empty: any."
    ),
}


def _tied(to: str, on_delete=PROTECT, related_name: str = "+", **more) -> models.ForeignKey:
    return models.ForeignKey(on_delete=on_delete, related_name=related_name, to=to, **more)


def _between(table: str, field: str) -> models.CheckConstraint:
    return models.CheckConstraint(
        condition=Q(**{f"{field}__gte": 0, f"{field}__lte": LARGEST}),
        name=f"{table}_{field}_between",
    )


def _limit(name: str, help_text: str) -> list:
    how = {"default": 0, "db_default": 0} if name == "cashier_discount_limit" else {"null": True, "blank": True}
    return [
        migrations.AddField(
            model_name="store",
            name=name,
            field=models.BigIntegerField(help_text=help_text, **how),
        ),
        migrations.AddConstraint(model_name="store", constraint=_between("stores_store", name)),
    ]


class Migration(migrations.Migration):
    dependencies = [
        ("stores", "0002_ranges_of_lists"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="order",
            name="discount_amount",
            field=models.BigIntegerField(
                "discount",
                default=0,
                db_default=0,
                help_text="What is off its lines; not in the other amounts.",
            ),
        ),
        migrations.AddField(
            model_name="orderline",
            name="discount_amount",
            field=models.BigIntegerField(
                "discount",
                default=0,
                db_default=0,
                help_text="Off its price: its own discount, and its share of the order's.",
            ),
        ),
        migrations.AddConstraint(
            model_name="order", constraint=_between("stores_order", "discount_amount")
        ),
        migrations.AddConstraint(
            model_name="orderline", constraint=_between("stores_orderline", "discount_amount")
        ),
        migrations.RemoveConstraint(
            model_name="orderline", name="stores_orderline_amount_is_price_times_quantity"
        ),
        migrations.AddConstraint(
            model_name="orderline",
            constraint=models.CheckConstraint(
                condition=Q(total_amount=F("unit_amount") * F("quantity") - F("discount_amount"))
                | Q(net_amount=F("unit_amount") * F("quantity") - F("discount_amount")),
                name="stores_orderline_amount_is_price_less_discount",
            ),
        ),
        *(each for limit in LIMITS.items() for each in _limit(*limit)),
        migrations.CreateModel(
            name="Discount",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("amount_off", models.BigIntegerField(null=True)),
                ("basis_points", models.PositiveIntegerField(null=True)),
                ("amount", models.BigIntegerField(help_text="What it takes off now.")),
                ("reason", models.CharField(choices=REASONS, max_length=16)),
                ("note", models.CharField(blank=True, max_length=200)),
                ("given_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "approved_by",
                    _tied(
                        settings.AUTH_USER_MODEL,
                        null=True,
                        help_text="The second person, of one above the limits of whoever gave it.",
                    ),
                ),
                ("device", _tied("stores.device", null=True)),
                (
                    "line",
                    _tied("stores.orderline", DO_NOTHING, null=True, help_text="Empty: the order."),
                ),
                ("order", _tied("stores.order", related_name="discounts", db_index=False)),
                ("store", _tied("stores.store", db_index=False)),
                ("user", _tied(settings.AUTH_USER_MODEL, null=True)),
            ],
            options={
                "indexes": [
                    models.Index(fields=["store", "-id"], name="stores_discount_of_store"),
                    models.Index(fields=["store", "given_at"], name="stores_discount_by_day"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=["order", "line"],
                        nulls_distinct=False,
                        name="stores_discount_once",
                    ),
                    models.CheckConstraint(
                        condition=Q(
                            amount_off__isnull=False, amount_off__gte=1, basis_points__isnull=True
                        )
                        | Q(
                            amount_off__isnull=True,
                            basis_points__isnull=False,
                            basis_points__gte=1,
                            basis_points__lte=10_000,
                        ),
                        name="stores_discount_amount_or_part",
                    ),
                    _between("stores_discount", "amount"),
                    models.CheckConstraint(
                        condition=Q(reason__in=[reason for reason, _ in REASONS]),
                        name="stores_discount_reason_known",
                    ),
                    models.CheckConstraint(
                        condition=~Q(reason="other", note=""), name="stores_discount_says_why"
                    ),
                    models.CheckConstraint(
                        condition=Q(user__isnull=True)
                        | Q(approved_by__isnull=True)
                        | ~Q(user=F("approved_by")),
                        name="stores_discount_by_a_second_person",
                    ),
                ],
            },
        ),
        tie("stores_discount", "order_id, store_id", "stores_order", "id, store_id"),
        tie("stores_discount", "line_id, order_id", "stores_orderline", "id, order_id"),
        tie("stores_discount", "device_id, store_id", "stores_device", "id, store_id"),
    ]
