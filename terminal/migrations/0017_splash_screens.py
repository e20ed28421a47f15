"""Pictures for idle readers, by device type."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('terminal', '0016_parts_of_reader_configurations'),
    ]

    operations = [
        migrations.AddField(
            model_name='readerconfiguration',
            name='splash_screens',
            field=models.JSONField(default=dict, editable=False, help_text="By device type: the picture's name, its row, and Stripe's file by account."),
        ),
        migrations.CreateModel(
            name='SplashImage',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('content', models.BinaryField()),
                ('configuration', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='terminal.readerconfiguration')),
            ],
        ),
    ]

