

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('payments', '0008_disputes'),
    ]

    operations = [
        migrations.AddField(
            model_name='payment',
            name='confirm',
            field=models.CharField(choices=[('automatic', 'automatic'), ('manual', 'manual')], default='automatic', help_text='In the flow collect: whether a card that no rule is about waits for the till.', max_length=16),
        ),
        migrations.AddField(
            model_name='payment',
            name='flow',
            field=models.CharField(choices=[('process', 'Process'), ('collect', 'Collect')], default='process', max_length=16),
        ),
    ]
