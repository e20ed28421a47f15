from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("stores", "0016_who_works_on_a_tablet"),
    ]

    operations = [
        migrations.AddField(
            model_name="store",
            name="abandoned_after_hours",
            field=models.PositiveIntegerField(
                default=24,
                help_text="After so many hours an open payment that nobody finished is canceled,"
                " from 1 to 720.",
                verbose_name="abandoned after",
            ),
        ),
        migrations.AddConstraint(
            model_name="store",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("abandoned_after_hours__gte", 1), ("abandoned_after_hours__lte", 720)
                ),
                name="stores_store_abandoned_after_hours_between",
            ),
        ),
        migrations.AlterField(
            model_name="store",
            name="flow",
            field=models.CharField(
                choices=[("process", "Process"), ("collect", "Collect")],
                default="process",
                help_text="process: a card is charged as soon as it is read. collect: the store's"
                " card rules look at it first, and the cashier if a rule or the till wants it. With"
                " card rules in force it is always collect.",
                max_length=16,
            ),
        ),
    ]
