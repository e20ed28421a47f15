"""What a Configuration says is compared at night."""

import django.db.models.deletion
from django.db import migrations, models

NAME = "terminal_fleetdifference_configuration_id_store_id_tied"
# A foreign key over two columns, checked at once; NULL in either ends the matter.
TIE = migrations.RunSQL(
    f"ALTER TABLE terminal_fleetdifference ADD CONSTRAINT {NAME}"
    " FOREIGN KEY (configuration_id, store_id)"
    " REFERENCES terminal_readerconfiguration (id, store_id)",
    f"ALTER TABLE terminal_fleetdifference DROP CONSTRAINT {NAME}",
)


class Migration(migrations.Migration):

    dependencies = [
        ('stores', '0021_lists_of_millions'),
        ('terminal', '0017_splash_screens'),
    ]

    operations = [
        migrations.AddField(
            model_name='fleetdifference',
            name='configuration',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='differences', to='terminal.readerconfiguration'),
        ),
        migrations.AddField(
            model_name='readerconfiguration',
            name='compared',
            field=models.JSONField(default=dict, editable=False, help_text='When a comparison last saw them, by Stripe account, in seconds.'),
        ),
        migrations.AlterField(
            model_name='fleetdifference',
            name='kind',
            field=models.CharField(choices=[('missing', 'Missing'), ('unknown', 'Unknown'), ('display_name', 'Display Name'), ('address', 'Address'), ('configuration', 'Configuration'), ('settings', 'Settings'), ('label', 'Label'), ('location', 'Location'), ('metadata', 'Metadata')], max_length=16),
        ),
        migrations.AddConstraint(
            model_name='readerconfiguration',
            constraint=models.UniqueConstraint(fields=('id', 'store'), name='terminal_readerconfiguration_id_store'),
        ),
        TIE,
    ]
