import django.utils.timezone
from django.db import migrations, models

APPEND_ONLY = """
CREATE FUNCTION stores_logseal_only_grows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'stores_logseal only grows: % refused', TG_OP
        USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER stores_logseal_only_grows BEFORE UPDATE OR DELETE ON stores_logseal
    FOR EACH ROW EXECUTE FUNCTION stores_logseal_only_grows();
"""

FREE_AGAIN = """
DROP TRIGGER stores_logseal_only_grows ON stores_logseal;
DROP FUNCTION stores_logseal_only_grows();
"""


class Migration(migrations.Migration):
    dependencies = [("stores", "0006_how_cards_are_taken")]

    operations = [
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
        migrations.RunSQL(APPEND_ONLY, FREE_AGAIN),
    ]
