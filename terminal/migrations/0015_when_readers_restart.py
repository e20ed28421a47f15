"""Readers restart in hours that an account, a store or a location chooses."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('stores', '0021_lists_of_millions'),
        ('terminal', '0014_numbers_of_readers'),
    ]

    operations = [
        migrations.AddField(
            model_name='tipping',
            name='reboot_end_hour',
            field=models.PositiveSmallIntegerField(blank=True, help_text='Another hour than the first.', null=True, verbose_name='restart until hour'),
        ),
        migrations.AddField(
            model_name='tipping',
            name='reboot_start_hour',
            field=models.PositiveSmallIntegerField(blank=True, help_text='Readers that can choose start anew once a day from this hour on, 0 to 23, by the clock where they stand; the others, and all when this is empty, at midnight.', null=True, verbose_name='restart from hour'),
        ),
        migrations.AddConstraint(
            model_name='tipping',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('reboot_end_hour', None), ('reboot_start_hour', None)), models.Q(('reboot_start_hour__isnull', False), ('reboot_start_hour__lte', 23), ('reboot_end_hour__isnull', False), ('reboot_end_hour__lte', 23), models.Q(('reboot_start_hour', models.F('reboot_end_hour')), _negated=True)), _connector='OR'), name='terminal_tipping_reboots_between_two_hours', violation_error_message='Give two different hours from 0 to 23, or neither.'),
        ),
    ]
