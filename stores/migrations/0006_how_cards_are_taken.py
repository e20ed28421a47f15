

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('stores', '0005_what_may_be_refunded'),
    ]

    operations = [
        migrations.AddField(
            model_name='store',
            name='flow',
            field=models.CharField(choices=[('process', 'Process'), ('collect', 'Collect')], default='process', help_text="process: a card is charged as soon as it is read. collect: the store's card rules look at it first, and the cashier if a rule or the till wants it.", max_length=16),
        ),
        migrations.AddConstraint(
            model_name='store',
            constraint=models.CheckConstraint(condition=models.Q(('flow__in', ['process', 'collect'])), name='stores_store_flow_known'),
        ),
    ]
