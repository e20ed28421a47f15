"""Owners connect accounts that exist, by OAuth; one that had left may come by a second way."""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models
from django.db.models import Q

ENDS = [
    ("connected", "Stripe said which account it is"),
    ("denied", "Its owner did not agree"),
    ("spent", "Stripe no longer took the code"),
    ("lost", "Stripe's answer was lost"),
    ("refused", "Stripe refused"),
    ("read_only", "Looking at it was allowed, and no more"),
    ("other_mode", "It was connected in the other mode"),
    ("other_account", "Another account was connected"),
]


class Migration(migrations.Migration):
    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("stores", "0002_ranges_of_lists"),
        ("payments", "0005_reasons_in_sentence_case"),
    ]

    operations = [
        migrations.AddField(
            model_name="onboarding",
            name="connects",
            field=models.BooleanField(
                default=False,
                help_text="Its owner connects an account that exists, by OAuth.",
            ),
        ),
        migrations.AlterField(
            model_name="onboarding",
            name="account",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="onboardings",
                to="stores.account",
            ),
        ),
        migrations.CreateModel(
            name="AccountGrant",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "onboarding",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="grants",
                        to="payments.onboarding",
                    ),
                ),
                (
                    "account",
                    models.ForeignKey(
                        help_text="One that had left.",
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="stores.account",
                    ),
                ),
                (
                    "begun_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("state_hash", models.CharField(max_length=64, null=True, unique=True)),
                ("expires_at", models.DateTimeField()),
                ("code", models.CharField(blank=True, max_length=255)),
                (
                    "request",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="payments.striperequest",
                    ),
                ),
                ("end", models.CharField(blank=True, choices=ENDS, max_length=16)),
                ("problem", models.TextField(blank=True, help_text="Stripe's own words.")),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("returned_at", models.DateTimeField(null=True)),
            ],
            options={
                "indexes": [
                    models.Index(fields=["created_at"], name="payments_accountgrant_age")
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=Q(onboarding__isnull=False) | Q(account__isnull=False),
                        name="payments_accountgrant_leads_somewhere",
                    ),
                    models.CheckConstraint(
                        condition=Q(state_hash__isnull=True)
                        | Q(state_hash__regex=r"^[0-9a-f]{64}$"),
                        name="payments_accountgrant_state_is_hashed",
                    ),
                    models.CheckConstraint(
                        condition=Q(state_hash__isnull=True) | Q(returned_at__isnull=True),
                        name="payments_accountgrant_state_is_used_once",
                    ),
                    models.CheckConstraint(
                        condition=Q(code="") | Q(end="", request__isnull=False),
                        name="payments_accountgrant_code_forgotten_when_used",
                    ),
                    models.CheckConstraint(
                        condition=Q(end__in=["", *(value for value, _ in ENDS)]),
                        name="payments_accountgrant_end_known",
                    ),
                ],
            },
        ),
    ]
