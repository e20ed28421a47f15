"""What a person reads of a reason; the database keeps what it had."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("payments", "0004_rare_brands_and_fees_by_day")]

    operations = [
        migrations.AlterField(
            model_name="approval",
            name="reason",
            field=models.CharField(
                choices=[
                    ("requested_by_customer", "Requested by customer"),
                    ("duplicate", "Duplicate"),
                    ("fraudulent", "Fraudulent"),
                ],
                help_text="Stripe's word.",
                max_length=40,
            ),
        ),
    ]
