"""Tips are offered by an account, a store or a location; their Configurations are by account."""

import django.db.models.deletion
from django.db import migrations, models

TIES = [
    ("store_id, account_id", "stores_store", "id, account_id"),
    ("location_id, store_id", "stores_location", "id, store_id"),
]
FILL = """
SET CONSTRAINTS ALL IMMEDIATE;
UPDATE terminal_tipping AS t SET account_id = s.account_id, configurations =
    CASE WHEN t.configuration_id = '' THEN '{}'::jsonb ELSE jsonb_build_object(
        CASE WHEN s.charge_model = 'direct' THEN a.stripe_id ELSE '' END, t.configuration_id) END
FROM stores_store AS s JOIN stores_account AS a ON a.id = s.account_id WHERE s.id = t.store_id;
SET CONSTRAINTS ALL DEFERRED;
"""


def tie(columns: str, target: str, target_columns: str) -> migrations.RunSQL:
    """A foreign key over two columns, checked at once; NULL in either ends the matter."""
    name = f"terminal_tipping_{columns.replace(', ', '_')}_tied"
    return migrations.RunSQL(
        f"ALTER TABLE terminal_tipping ADD CONSTRAINT {name}"
        f" FOREIGN KEY ({columns}) REFERENCES {target} ({target_columns})",
        f"ALTER TABLE terminal_tipping DROP CONSTRAINT {name}",
    )


class Migration(migrations.Migration):
    dependencies = [
        ("terminal", "0010_what_differs_of_readers"),
        ("stores", "0020_when_locations_were_compared"),
    ]

    operations = [
        migrations.AddField(
            model_name="tipping",
            name="account",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="tippings",
                to="stores.account",
            ),
        ),
        migrations.AddField(
            model_name="tipping",
            name="configurations",
            field=models.JSONField(
                default=dict,
                editable=False,
                help_text="Its Configurations at Stripe, by Stripe account.",
            ),
        ),
        migrations.AddField(
            model_name="tipping",
            name="inherits",
            field=models.BooleanField(
                default=False,
                help_text="Nothing of its own any more: a location offers what its store does, a"
                " store what its account does.",
                verbose_name="as offered above",
            ),
        ),
        migrations.AddField(
            model_name="tipping",
            name="location",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="tippings",
                to="stores.location",
            ),
        ),
        # One way: what an account or a location offers has no place before this.
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
        migrations.AlterField(
            model_name="tipping",
            name="account",
            field=models.ForeignKey(
                blank=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="tippings",
                to="stores.account",
            ),
        ),
        migrations.AlterField(
            model_name="tipping",
            name="store",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="tippings",
                to="stores.store",
            ),
        ),
        migrations.RemoveField(model_name="tipping", name="configuration_id"),
        migrations.AddConstraint(
            model_name="tipping",
            constraint=models.UniqueConstraint(
                condition=models.Q(("store__isnull", True)),
                fields=("account",),
                name="terminal_tipping_once_per_account",
                violation_error_message="This account has its offer already: change that.",
            ),
        ),
        migrations.AddConstraint(
            model_name="tipping",
            constraint=models.UniqueConstraint(
                condition=models.Q(("location__isnull", True)),
                fields=("store",),
                name="terminal_tipping_once_per_store",
                violation_error_message="This store has its offer already: change that.",
            ),
        ),
        migrations.AddConstraint(
            model_name="tipping",
            constraint=models.UniqueConstraint(
                fields=("location",),
                name="terminal_tipping_once_per_location",
                violation_error_message="This location has its offer already: change that.",
            ),
        ),
        migrations.AddConstraint(
            model_name="tipping",
            constraint=models.CheckConstraint(
                condition=models.Q(("location__isnull", True), ("store__isnull", False), _connector="OR"),
                name="terminal_tipping_of_a_location_names_its_store",
            ),
        ),
        migrations.AddConstraint(
            model_name="tipping",
            constraint=models.CheckConstraint(
                condition=models.Q(("store__isnull", False), ("inherits", False), _connector="OR"),
                name="terminal_tipping_of_an_account_inherits_nothing",
            ),
        ),
        *(tie(*names) for names in TIES),
    ]
