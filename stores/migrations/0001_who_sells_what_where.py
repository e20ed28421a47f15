"""Who sells what where: accounts, stores, people, tablets, products, orders, and the log."""

import django.contrib.postgres.indexes
import django.core.serializers.json
import django.core.validators
import django.db.models.deletion
import django.db.models.expressions
import django.utils.timezone
import stores.models.checks
import stores.models.companies
from django.conf import settings
from django.db import migrations, models

from stores.ties import only_grows, tie

# table, its columns, the table it points at, that table's columns
TIES = [
    ("stores_clientrequest", "device_id, store_id", "stores_device", "id, store_id"),
    ("stores_location", "store_id, country", "stores_store", "id, country"),
    ("stores_logentry", "device_id, store_id", "stores_device", "id, store_id"),
    ("stores_logentry", "order_id, store_id", "stores_order", "id, store_id"),
    ("stores_order", "device_id, store_id", "stores_device", "id, store_id"),
    ("stores_order", "store_id, currency", "stores_store", "id, currency"),
    ("stores_orderline", "order_id, store_id", "stores_order", "id, store_id"),
    ("stores_orderline", "product_id, store_id", "stores_product", "id, store_id"),
]
TIED_AT_THE_END = [
    ("stores_cashiersession", "device_id, store_id", "stores_device", "id, store_id"),
    ("stores_cashiersession", "membership_id, store_id", "stores_membership", "id, store_id"),
]


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Account",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "stripe_id",
                    models.CharField(
                        max_length=64,
                        unique=True,
                        validators=[
                            django.core.validators.RegexValidator(
                                "\\Aacct_[A-Za-z0-9_]+\\Z", "An account id, like acct_1Abc."
                            )
                        ],
                    ),
                ),
                ("name", models.CharField(max_length=200)),
                (
                    "country",
                    models.CharField(
                        max_length=2,
                        validators=[
                            django.core.validators.RegexValidator(
                                "\\A[A-Z]{2}\\Z", "Two capital letters, like US."
                            )
                        ],
                    ),
                ),
                (
                    "default_currency",
                    models.CharField(
                        max_length=3,
                        validators=[
                            django.core.validators.RegexValidator(
                                "\\A[a-z]{3}\\Z", "Three small letters, like usd."
                            )
                        ],
                    ),
                ),
                ("charges_enabled", models.BooleanField(default=False)),
                ("payouts_enabled", models.BooleanField(default=False)),
                ("details_submitted", models.BooleanField(default=False)),
                (
                    "card_payments",
                    models.CharField(
                        blank=True,
                        help_text="The status of the card_payments capability.",
                        max_length=32,
                    ),
                ),
                (
                    "transfers",
                    models.CharField(
                        blank=True,
                        help_text="The status of the transfers capability.",
                        max_length=32,
                    ),
                ),
                ("email", models.CharField(blank=True, max_length=200)),
                (
                    "dashboard",
                    models.CharField(
                        blank=True,
                        help_text="full, express or none: what its owner has at Stripe.",
                        max_length=16,
                    ),
                ),
                ("disabled_reason", models.CharField(blank=True, max_length=64)),
                (
                    "requirements",
                    models.JSONField(
                        blank=True,
                        default=dict,
                        help_text="What Stripe wants to know, by Stripe's own lists.",
                    ),
                ),
                (
                    "current_deadline",
                    models.DateTimeField(
                        blank=True,
                        help_text="What is due by then and missing stops the account.",
                        null=True,
                    ),
                ),
                ("read_at", models.DateTimeField(blank=True, null=True)),
                (
                    "refund_application_fee",
                    models.BooleanField(
                        default=True,
                        help_text="Whether the platform gives its part back with a refund, in proportion.",
                        verbose_name="application fee refunded",
                    ),
                ),
                ("deauthorized_at", models.DateTimeField(blank=True, null=True)),
                (
                    "created_at",
                    models.DateTimeField(default=django.utils.timezone.now, editable=False),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("stripe_id__regex", "^acct_[A-Za-z0-9_]+$")),
                        name="stores_account_stripe_id_format",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("country__regex", "^[A-Z]{2}$")),
                        name="stores_account_country_format",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("default_currency__regex", "^[a-z]{3}$")),
                        name="stores_account_default_currency_format",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Store",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="stores",
                        to="stores.account",
                    ),
                ),
                ("name", models.CharField(max_length=200)),
                (
                    "country",
                    models.CharField(
                        max_length=2,
                        validators=[
                            django.core.validators.RegexValidator(
                                "\\A[A-Z]{2}\\Z", "Two capital letters, like US."
                            )
                        ],
                    ),
                ),
                (
                    "currency",
                    models.CharField(
                        max_length=3,
                        validators=[
                            django.core.validators.RegexValidator(
                                "\\A[a-z]{3}\\Z", "Three small letters, like usd."
                            )
                        ],
                    ),
                ),
                (
                    "timezone",
                    models.CharField(
                        max_length=64, validators=[stores.models.checks.validate_timezone]
                    ),
                ),
                (
                    "charge_model",
                    models.CharField(
                        choices=[("direct", "Direct"), ("destination", "Destination")],
                        max_length=16,
                    ),
                ),
                (
                    "capture_method",
                    models.CharField(
                        choices=[("automatic", "Automatic"), ("manual", "Manual")],
                        default="automatic",
                        max_length=16,
                    ),
                ),
                (
                    "flow",
                    models.CharField(
                        choices=[("process", "Process"), ("collect", "Collect")],
                        default="process",
                        help_text="process: a card is charged as soon as it is read. collect: the store's card rules look at it first, and the cashier if a rule or the till wants it. With card rules in force it is always collect.",
                        max_length=16,
                    ),
                ),
                (
                    "expiring_holds",
                    models.CharField(
                        choices=[("capture", "Capture"), ("release", "Release"), ("tell", "Tell")],
                        default="capture",
                        help_text="Six hours before an approved payment would expire: capture it, release it, or only tell.",
                        max_length=16,
                    ),
                ),
                (
                    "payment_method_types",
                    models.JSONField(
                        blank=True,
                        default=list,
                        help_text="How customers can pay on a reader; empty: cards, and Interac in Canada. The account needs Stripe's capability for each.",
                    ),
                ),
                (
                    "incremental_authorization",
                    models.BooleanField(
                        default=False,
                        help_text="Ask that a hold may grow when something is added to its order. Readers then show “Pre-authorization”.",
                    ),
                ),
                (
                    "extended_authorization",
                    models.BooleanField(
                        default=False,
                        help_text="Ask that a hold lasts longer than two days, up to 30.",
                    ),
                ),
                (
                    "tip_limit_percent",
                    models.PositiveIntegerField(
                        default=50,
                        help_text="A tip on the reader above this part of the sale is asked about.",
                    ),
                ),
                (
                    "tip_limit_amount",
                    models.BigIntegerField(
                        default=2000,
                        help_text="Tips up to this amount, in the currency's smallest unit, are never asked about.",
                    ),
                ),
                ("prices_include_tax", models.BooleanField(default=False)),
                (
                    "cashier_refund_limit",
                    models.BigIntegerField(
                        default=0,
                        help_text="The most that tablets and cashiers may refund of one payment, in the currency's smallest unit; 0: only managers refund.",
                    ),
                ),
                (
                    "cashier_refund_day_limit",
                    models.BigIntegerField(
                        blank=True,
                        help_text="The most that a cashier may refund in a day, in the smallest unit; empty: any.",
                        null=True,
                    ),
                ),
                (
                    "manager_refund_limit",
                    models.BigIntegerField(
                        blank=True,
                        help_text="The most that a manager may refund of one payment without a second person, in the smallest unit; empty: any.",
                        null=True,
                    ),
                ),
                (
                    "manager_refund_day_limit",
                    models.BigIntegerField(
                        blank=True,
                        help_text="The most that a manager may refund in a day, in the smallest unit; empty: any.",
                        null=True,
                    ),
                ),
                (
                    "cashier_tip_day_limit",
                    models.BigIntegerField(
                        blank=True,
                        help_text="The most that a cashier may add as tips from receipts in a day, in the smallest unit; empty: any.",
                        null=True,
                    ),
                ),
                (
                    "manager_tip_day_limit",
                    models.BigIntegerField(
                        blank=True,
                        help_text="The most that a manager may add as tips from receipts in a day, in the smallest unit; empty: any.",
                        null=True,
                    ),
                ),
                (
                    "idle_limit_seconds",
                    models.PositiveIntegerField(
                        default=300,
                        help_text="After so many seconds without a card a payment on a reader is canceled; 0: never.",
                        verbose_name="idle limit",
                    ),
                ),
                (
                    "pin_required",
                    models.BooleanField(
                        default=False,
                        help_text="Tablets sell, refund and change nothing before a cashier entered their PIN.",
                        verbose_name="PIN required",
                    ),
                ),
                (
                    "pin_minutes",
                    models.PositiveIntegerField(
                        default=10,
                        help_text="A cashier who does nothing on a tablet for so long enters the PIN again.",
                        verbose_name="minutes of a PIN",
                    ),
                ),
                (
                    "abandoned_after_hours",
                    models.PositiveIntegerField(
                        default=24,
                        help_text="After so many hours an open payment that nobody finished is canceled, from 1 to 720.",
                        verbose_name="abandoned after",
                    ),
                ),
                (
                    "receipt_language",
                    models.CharField(
                        blank=True,
                        choices=stores.models.companies.languages,
                        help_text="Empty: the language of whoever prints or sends one.",
                        max_length=16,
                        verbose_name="language of receipts",
                    ),
                ),
                (
                    "receipt_address",
                    models.TextField(
                        blank=True,
                        help_text="As it is printed; empty: of the store's location, if it has only one.",
                        max_length=500,
                        verbose_name="address on receipts",
                    ),
                ),
                (
                    "receipt_footer",
                    models.TextField(
                        blank=True,
                        help_text="Such as a tax number, how long things are taken back, or thanks.",
                        max_length=500,
                        verbose_name="last words of receipts",
                    ),
                ),
                (
                    "receipt_email",
                    models.EmailField(
                        blank=True,
                        help_text="Where customers' answers to an e-mailed receipt go.",
                        max_length=254,
                        verbose_name="e-mail for answers",
                    ),
                ),
                ("is_active", models.BooleanField(default=True)),
                (
                    "created_at",
                    models.DateTimeField(default=django.utils.timezone.now, editable=False),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("country__regex", "^[A-Z]{2}$")),
                        name="stores_store_country_format",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("currency__regex", "^[a-z]{3}$")),
                        name="stores_store_currency_format",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("charge_model__in", ["direct", "destination"])),
                        name="stores_store_charge_model_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("capture_method__in", ["automatic", "manual"])),
                        name="stores_store_capture_method_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("flow__in", ["process", "collect"])),
                        name="stores_store_flow_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("expiring_holds__in", ["capture", "release", "tell"])),
                        name="stores_store_expiring_holds_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("cashier_refund_limit__gte", 0),
                            ("cashier_refund_limit__lte", 999999999999),
                        ),
                        name="stores_store_cashier_refund_limit_between",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("cashier_refund_day_limit__gte", 0),
                            ("cashier_refund_day_limit__lte", 999999999999),
                        ),
                        name="stores_store_cashier_refund_day_limit_between",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("manager_refund_limit__gte", 0),
                            ("manager_refund_limit__lte", 999999999999),
                        ),
                        name="stores_store_manager_refund_limit_between",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("manager_refund_day_limit__gte", 0),
                            ("manager_refund_day_limit__lte", 999999999999),
                        ),
                        name="stores_store_manager_refund_day_limit_between",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("cashier_tip_day_limit__gte", 0),
                            ("cashier_tip_day_limit__lte", 999999999999),
                        ),
                        name="stores_store_cashier_tip_day_limit_between",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("manager_tip_day_limit__gte", 0),
                            ("manager_tip_day_limit__lte", 999999999999),
                        ),
                        name="stores_store_manager_tip_day_limit_between",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("tip_limit_percent__gte", 0), ("tip_limit_percent__lte", 1000)
                        ),
                        name="stores_store_tip_limit_percent_between",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("tip_limit_amount__gte", 0), ("tip_limit_amount__lte", 999999999999)
                        ),
                        name="stores_store_tip_limit_amount_between",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("idle_limit_seconds__gte", 0), ("idle_limit_seconds__lte", 86400)
                        ),
                        name="stores_store_idle_limit_seconds_between",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("pin_minutes__gte", 1), ("pin_minutes__lte", 720)),
                        name="stores_store_pin_minutes_between",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("abandoned_after_hours__gte", 1), ("abandoned_after_hours__lte", 720)
                        ),
                        name="stores_store_abandoned_after_hours_between",
                    ),
                    models.UniqueConstraint(
                        fields=("id", "currency"), name="stores_store_id_currency"
                    ),
                    models.UniqueConstraint(
                        fields=("id", "country"), name="stores_store_id_country"
                    ),
                    models.UniqueConstraint(
                        fields=("id", "account"), name="stores_store_id_account"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Location",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "store",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="locations",
                        to="stores.store",
                    ),
                ),
                ("display_name", models.CharField(max_length=200)),
                (
                    "line1",
                    models.CharField(blank=True, max_length=200, verbose_name="street and number"),
                ),
                ("line2", models.CharField(blank=True, max_length=200, verbose_name="second line")),
                ("city", models.CharField(blank=True, max_length=100)),
                ("state", models.CharField(blank=True, max_length=100)),
                ("postal_code", models.CharField(blank=True, max_length=20)),
                (
                    "country",
                    models.CharField(
                        max_length=2,
                        validators=[
                            django.core.validators.RegexValidator(
                                "\\A[A-Z]{2}\\Z", "Two capital letters, like US."
                            )
                        ],
                    ),
                ),
                ("stripe_id", models.CharField(blank=True, max_length=64, null=True)),
                (
                    "stripe_account",
                    models.CharField(
                        blank=True,
                        help_text="Where it lives at Stripe; empty = the platform.",
                        max_length=64,
                    ),
                ),
                ("retired_at", models.DateTimeField(blank=True, editable=False, null=True)),
                (
                    "compared_at",
                    models.DateTimeField(
                        blank=True,
                        editable=False,
                        help_text="When a comparison last saw what Stripe has.",
                        null=True,
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("stripe_account", "stripe_id"),
                        name="stores_location_stripe_id_once",
                    ),
                    models.UniqueConstraint(
                        fields=("id", "store"), name="stores_location_id_store"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("stripe_id__isnull", True),
                            ("stripe_id__regex", "^tml_[A-Za-z0-9_]+$"),
                            _connector="OR",
                        ),
                        name="stores_location_stripe_id_format",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("stripe_account", ""),
                            ("stripe_account__regex", "^acct_[A-Za-z0-9_]+$"),
                            _connector="OR",
                        ),
                        name="stores_location_stripe_account_format",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Membership",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="memberships",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "store",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="memberships",
                        to="stores.store",
                    ),
                ),
                (
                    "role",
                    models.CharField(
                        choices=[
                            ("cashier", "Cashier"),
                            ("manager", "Manager"),
                            ("owner", "Owner"),
                        ],
                        max_length=16,
                    ),
                ),
                (
                    "pin_hash",
                    models.CharField(
                        blank=True,
                        editable=False,
                        help_text="Slowly hashed; empty: none.",
                        max_length=128,
                        verbose_name="PIN",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("user", "store"), name="stores_membership_once"
                    ),
                    models.UniqueConstraint(
                        fields=("id", "store"), name="stores_membership_id_store"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("role__in", ["cashier", "manager", "owner"])),
                        name="stores_membership_role_known",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Device",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "store",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="devices",
                        to="stores.store",
                    ),
                ),
                ("name", models.CharField(max_length=100)),
                ("token_hash", models.CharField(editable=False, max_length=64, unique=True)),
                (
                    "old_token_hash",
                    models.CharField(editable=False, max_length=64, null=True, unique=True),
                ),
                ("old_token_until", models.DateTimeField(editable=False, null=True)),
                ("last_seen_at", models.DateTimeField(blank=True, editable=False, null=True)),
                ("revoked_at", models.DateTimeField(blank=True, editable=False, null=True)),
                (
                    "created_at",
                    models.DateTimeField(default=django.utils.timezone.now, editable=False),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("old_token_hash__isnull", True), ("old_token_until__isnull", True)
                            ),
                            models.Q(
                                ("old_token_hash__isnull", False),
                                ("old_token_until__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="stores_device_old_token_ends",
                    ),
                    models.UniqueConstraint(fields=("id", "store"), name="stores_device_id_store"),
                    models.CheckConstraint(
                        condition=models.Q(("token_hash__regex", "^[0-9a-f]{64}$")),
                        name="stores_device_token_hash_format",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="CashierSession",
            fields=[
                (
                    "device",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="cashier_session",
                        serialize=False,
                        to="stores.device",
                    ),
                ),
                (
                    "store",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="stores.store",
                    ),
                ),
                (
                    "membership",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="stores.membership",
                    ),
                ),
                (
                    "confirmed_at",
                    models.DateTimeField(
                        default=django.utils.timezone.now, help_text="When the PIN was entered."
                    ),
                ),
                ("used_at", models.DateTimeField(default=django.utils.timezone.now)),
            ],
        ),
        migrations.CreateModel(
            name="ClientRequest",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "store",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="stores.store",
                    ),
                ),
                (
                    "device",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="stores.device",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("key", models.CharField(max_length=255)),
                (
                    "fingerprint",
                    models.CharField(
                        help_text="SHA-256 of the method, the path and the body.", max_length=64
                    ),
                ),
                ("resource_id", models.BigIntegerField(null=True)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                "indexes": [
                    models.Index(fields=["created_at"], name="stores_clientrequest_age"),
                    models.Index(fields=["store", "-id"], name="stores_clientrequest_of_store"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("device", "key"), name="stores_clientrequest_device"
                    ),
                    models.UniqueConstraint(
                        fields=("user", "key"), name="stores_clientrequest_user"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("device__isnull", False),
                                ("store__isnull", False),
                                ("user__isnull", True),
                            ),
                            models.Q(("device__isnull", True), ("user__isnull", False)),
                            _connector="OR",
                        ),
                        name="stores_clientrequest_one_principal",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("fingerprint__regex", "^[0-9a-f]{64}$")),
                        name="stores_clientrequest_fingerprint_format",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Product",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "store",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="products",
                        to="stores.store",
                    ),
                ),
                ("sku", models.CharField(max_length=64, verbose_name="SKU")),
                ("name", models.CharField(max_length=200)),
                (
                    "unit_amount",
                    models.BigIntegerField(
                        help_text="In the currency's smallest unit; with tax if the store's prices are."
                    ),
                ),
                (
                    "tax_rate_ppm",
                    models.PositiveIntegerField(
                        default=0,
                        help_text="In parts per million: 88750 = 8.875 %.",
                        verbose_name="tax rate",
                    ),
                ),
                (
                    "tip_eligible",
                    models.BooleanField(
                        default=True,
                        help_text="Whether tips on the reader are percentages of this, too.",
                    ),
                ),
                ("is_active", models.BooleanField(default=True)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("store", "sku"), name="stores_product_sku_once"
                    ),
                    models.UniqueConstraint(fields=("id", "store"), name="stores_product_id_store"),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("unit_amount__gte", 0), ("unit_amount__lte", 999999999999)
                        ),
                        name="stores_product_unit_amount_between",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("tax_rate_ppm__gte", 0), ("tax_rate_ppm__lte", 1000000)
                        ),
                        name="stores_product_tax_rate_ppm_between",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Order",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "store",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="orders",
                        to="stores.store",
                    ),
                ),
                ("number", models.PositiveIntegerField()),
                ("version", models.PositiveIntegerField(default=1)),
                (
                    "status",
                    models.CharField(
                        choices=[("open", "Open"), ("paid", "Paid"), ("canceled", "Canceled")],
                        default="open",
                        max_length=16,
                    ),
                ),
                ("currency", models.CharField(max_length=3)),
                ("net_amount", models.BigIntegerField()),
                ("tax_amount", models.BigIntegerField()),
                ("total_amount", models.BigIntegerField()),
                (
                    "paid_amount",
                    models.BigIntegerField(
                        default=0, help_text="What payments brought in for it, tips left out."
                    ),
                ),
                (
                    "held_amount",
                    models.BigIntegerField(
                        default=0, help_text="What is approved on cards and not taken yet."
                    ),
                ),
                ("refunded_amount", models.BigIntegerField(default=0)),
                (
                    "device",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="orders",
                        to="stores.device",
                    ),
                ),
                (
                    "created_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="orders",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("updated_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("paid_at", models.DateTimeField(null=True)),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("status", "paid"), _negated=True),
                        fields=["status", "-id"],
                        name="stores_order_status",
                    ),
                    models.Index(fields=["number"], name="stores_order_number"),
                    models.Index(fields=["store", "-id"], name="stores_order_of_store"),
                    django.contrib.postgres.indexes.BrinIndex(
                        autosummarize=True, fields=["created_at"], name="stores_order_days"
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("store", "number"), name="stores_order_number_once"
                    ),
                    models.UniqueConstraint(fields=("id", "store"), name="stores_order_id_store"),
                    models.UniqueConstraint(
                        fields=("id", "currency"), name="stores_order_id_currency"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("number__gte", 1), ("version__gte", 1)),
                        name="stores_order_counts_from_one",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("paid_at__isnull", False), ("status", "paid")),
                            models.Q(
                                models.Q(("status", "paid"), _negated=True),
                                ("paid_at__isnull", True),
                            ),
                            _connector="OR",
                        ),
                        name="stores_order_paid_at_when_paid",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("status__in", ["open", "paid", "canceled"])),
                        name="stores_order_status_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("paid_amount__gte", 0), ("paid_amount__lte", 999999999999)
                        ),
                        name="stores_order_paid_amount_between",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("held_amount__gte", 0), ("held_amount__lte", 999999999999)
                        ),
                        name="stores_order_held_amount_between",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("refunded_amount__gte", 0), ("refunded_amount__lte", 999999999999)
                        ),
                        name="stores_order_refunded_amount_between",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("net_amount__gte", 0), ("net_amount__lte", 999999999999)
                        ),
                        name="stores_order_net_amount_between",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("tax_amount__gte", 0), ("tax_amount__lte", 999999999999)
                        ),
                        name="stores_order_tax_amount_between",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("total_amount__gte", 0), ("total_amount__lte", 999999999999)
                        ),
                        name="stores_order_total_amount_between",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "total_amount",
                                django.db.models.expressions.CombinedExpression(
                                    models.F("net_amount"), "+", models.F("tax_amount")
                                ),
                            )
                        ),
                        name="stores_order_net_plus_tax_is_total",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="OrderLine",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "order",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="lines",
                        to="stores.order",
                    ),
                ),
                (
                    "store",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="stores.store",
                    ),
                ),
                ("position", models.PositiveIntegerField()),
                (
                    "product",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="stores.product",
                    ),
                ),
                ("description", models.CharField(max_length=200)),
                ("unit_amount", models.BigIntegerField()),
                ("quantity", models.PositiveIntegerField()),
                ("tax_rate_ppm", models.PositiveIntegerField(default=0)),
                ("net_amount", models.BigIntegerField()),
                ("tax_amount", models.BigIntegerField()),
                ("total_amount", models.BigIntegerField()),
            ],
            options={
                "indexes": [
                    models.Index(fields=["store", "-id"], name="stores_orderline_of_store")
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("order", "position"), name="stores_orderline_position_once"
                    ),
                    models.UniqueConstraint(
                        fields=("id", "order"), name="stores_orderline_id_order"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("unit_amount__gte", 0), ("unit_amount__lte", 999999999999)
                        ),
                        name="stores_orderline_unit_amount_between",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("quantity__gte", 1), ("quantity__lte", 9999)),
                        name="stores_orderline_quantity_between",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("tax_rate_ppm__gte", 0), ("tax_rate_ppm__lte", 1000000)
                        ),
                        name="stores_orderline_tax_rate_ppm_between",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "total_amount",
                                django.db.models.expressions.CombinedExpression(
                                    models.F("unit_amount"), "*", models.F("quantity")
                                ),
                            ),
                            (
                                "net_amount",
                                django.db.models.expressions.CombinedExpression(
                                    models.F("unit_amount"), "*", models.F("quantity")
                                ),
                            ),
                            _connector="OR",
                        ),
                        name="stores_orderline_amount_is_price_times_quantity",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("net_amount__gte", 0), ("net_amount__lte", 999999999999)
                        ),
                        name="stores_orderline_net_amount_between",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("tax_amount__gte", 0), ("tax_amount__lte", 999999999999)
                        ),
                        name="stores_orderline_tax_amount_between",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("total_amount__gte", 0), ("total_amount__lte", 999999999999)
                        ),
                        name="stores_orderline_total_amount_between",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "total_amount",
                                django.db.models.expressions.CombinedExpression(
                                    models.F("net_amount"), "+", models.F("tax_amount")
                                ),
                            )
                        ),
                        name="stores_orderline_net_plus_tax_is_total",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="LogEntry",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "store",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="stores.store",
                    ),
                ),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "order",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="log",
                        to="stores.order",
                    ),
                ),
                ("payment_id", models.BigIntegerField(null=True)),
                ("reader_id", models.BigIntegerField(null=True)),
                ("subject", models.CharField(max_length=32)),
                ("subject_id", models.BigIntegerField()),
                ("verb", models.CharField(max_length=48)),
                ("old", models.TextField(blank=True)),
                ("new", models.TextField(blank=True)),
                ("message", models.TextField()),
                (
                    "actor_kind",
                    models.CharField(
                        choices=[
                            ("device", "Device"),
                            ("user", "User"),
                            ("system", "System"),
                            ("stripe", "Stripe"),
                        ],
                        max_length=16,
                    ),
                ),
                (
                    "device",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="stores.device",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "data",
                    models.JSONField(
                        default=dict, encoder=django.core.serializers.json.DjangoJSONEncoder
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "log entries",
                "indexes": [
                    models.Index(fields=["order", "id"], name="stores_logentry_of_order"),
                    models.Index(
                        condition=models.Q(("payment_id__isnull", False)),
                        fields=["payment_id", "id"],
                        name="stores_logentry_of_payment",
                    ),
                    models.Index(
                        condition=models.Q(("reader_id__isnull", False)),
                        fields=["reader_id", "id"],
                        name="stores_logentry_of_reader",
                    ),
                    models.Index(
                        models.F("store"),
                        models.OrderBy(models.F("id"), descending=True),
                        name="stores_logentry_of_store",
                    ),
                    models.Index(
                        condition=models.Q(
                            models.Q(("subject", "payment"), _negated=True),
                            models.Q(("subject", "order"), _negated=True),
                            models.Q(("subject", "reader_action"), _negated=True),
                        ),
                        fields=["subject", "-id"],
                        name="stores_logentry_subject",
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("actor_kind__in", ["device", "user", "system", "stripe"])
                        ),
                        name="stores_logentry_actor_kind_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("actor_kind", "device"), ("device__isnull", False)),
                            models.Q(
                                ("actor_kind", "user"),
                                ("device__isnull", True),
                                ("user__isnull", False),
                            ),
                            models.Q(
                                ("actor_kind__in", ["system", "stripe"]),
                                ("device__isnull", True),
                                ("user__isnull", True),
                            ),
                            _connector="OR",
                        ),
                        name="stores_logentry_actor_is_named",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("store__isnull", False),
                            models.Q(
                                ("device__isnull", True),
                                ("order__isnull", True),
                                ("payment_id__isnull", True),
                                ("reader_id__isnull", True),
                            ),
                            _connector="OR",
                        ),
                        name="stores_logentry_of_a_store",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="PairingCode",
            fields=[
                (
                    "device",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="pairing_code",
                        serialize=False,
                        to="stores.device",
                    ),
                ),
                ("code", models.CharField(max_length=8, null=True, unique=True)),
                (
                    "created_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("expires_at", models.DateTimeField()),
                ("used_at", models.DateTimeField(null=True)),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("code__regex", "^[2-9A-HJ-NP-Z]{8}$")),
                        name="stores_pairingcode_code_format",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("code__isnull", True), ("used_at__isnull", False)),
                            models.Q(("code__isnull", False), ("used_at__isnull", True)),
                            _connector="OR",
                        ),
                        name="stores_pairingcode_forgotten_when_used",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="SupportPerson",
            fields=[
                (
                    "user",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="support_person",
                        serialize=False,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "added_at",
                    models.DateTimeField(default=django.utils.timezone.now, editable=False),
                ),
            ],
            options={
                "verbose_name_plural": "support people",
            },
        ),
        migrations.CreateModel(
            name="SupportAccess",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="support_accesses",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "reason",
                    models.CharField(
                        help_text="What it is for: a ticket's number, and what is looked for.",
                        max_length=300,
                    ),
                ),
                ("opened_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("ends_at", models.DateTimeField()),
                ("closed_at", models.DateTimeField(null=True)),
            ],
            options={
                "verbose_name_plural": "support accesses",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("reason__regex", "^.*\\S.*$")),
                        name="stores_supportaccess_reason_format",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("ends_at__gt", models.F("opened_at"))),
                        name="stores_supportaccess_ends_later",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="RecoveryCode",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="recovery_codes",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("code_hash", models.CharField(max_length=64)),
                ("used_at", models.DateTimeField(null=True)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("user", "code_hash"), name="stores_recoverycode_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("code_hash__regex", "^[0-9a-f]{64}$")),
                        name="stores_recoverycode_code_hash_format",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="LogSeal",
            fields=[
                ("number", models.PositiveBigIntegerField(primary_key=True, serialize=False)),
                ("after_id", models.BigIntegerField()),
                ("last_id", models.BigIntegerField()),
                ("rows", models.PositiveIntegerField()),
                ("hash", models.CharField(max_length=64)),
                ("sealed_at", models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                "ordering": ["number"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("hash__regex", "^[0-9a-f]{64}$")),
                        name="stores_logseal_hash_format",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("last_id__gt", models.F("after_id"))),
                        name="stores_logseal_goes_on",
                    ),
                    models.UniqueConstraint(
                        fields=("after_id",), name="stores_logseal_one_after_another"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="FailedTry",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("subject", models.CharField(max_length=120)),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                "verbose_name_plural": "failed tries",
                "indexes": [
                    models.Index(fields=["subject", "at"], name="stores_failedtry_of_subject")
                ],
            },
        ),
        *(tie(*each) for each in TIES),
        *(tie(*each, deferred=True) for each in TIED_AT_THE_END),
        only_grows("stores_logentry"),
        only_grows("stores_logseal"),
    ]
