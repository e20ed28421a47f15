from django.db import migrations


class Migration(migrations.Migration):
    """After payments made a fee plan of what stood here."""

    dependencies = [
        ("stores", "0012_who_may_look_for_the_platform"),
        ("payments", "0019_fee_plans"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="account", name="stores_account_application_fee_basis_points_between"
        ),
        migrations.RemoveField(model_name="account", name="application_fee_basis_points"),
    ]
