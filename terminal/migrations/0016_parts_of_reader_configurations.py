"""One row says all of how readers are set up, and each part of it is inherited on its own."""

import django.db.models.deletion
from django.db import migrations, models

# A row that inherited says nothing; any other says of tips what it said.
FILL = """
UPDATE terminal_readerconfiguration SET
    asks_for_tips = CASE WHEN inherits THEN NULL ELSE is_active END,
    percentages = CASE WHEN inherits THEN '[]'::jsonb ELSE percentages END,
    fixed_amounts = CASE WHEN inherits THEN '[]'::jsonb ELSE fixed_amounts END,
    smart_tip_threshold = CASE WHEN inherits THEN NULL ELSE smart_tip_threshold END,
    reboot_start_hour = CASE WHEN inherits THEN NULL ELSE reboot_start_hour END,
    reboot_end_hour = CASE WHEN inherits THEN NULL ELSE reboot_end_hour END
"""
EMPTY = """
UPDATE terminal_readerconfiguration SET
    inherits = asks_for_tips IS NULL AND store_id IS NOT NULL,
    is_active = coalesce(asks_for_tips, false)
"""
# The keys of what was told say whose step it was.
KEYS = """
UPDATE payments_striperequest
SET idempotency_key = '{new}' || substr(idempotency_key, {after})
WHERE kind IN ('configuration.create', 'configuration.update', 'location.update')
    AND idempotency_key LIKE '{old}:%'
"""
TIES = ("store_id_account_id", "location_id_store_id")


def keys(old: str, new: str) -> str:
    return KEYS.format(old=old, new=new, after=len(old) + 1)


def rename_tie(columns: str) -> migrations.RunSQL:
    table = "ALTER TABLE terminal_readerconfiguration RENAME CONSTRAINT"
    old, new = (f"terminal_{name}_{columns}_tied" for name in ("tipping", "readerconfiguration"))
    return migrations.RunSQL(f"{table} {old} TO {new}", f"{table} {new} TO {old}")


class Migration(migrations.Migration):

    dependencies = [
        ('payments', '0029_captures_in_bulk'),
        ('terminal', '0015_when_readers_restart'),
    ]

    operations = [
        migrations.RemoveConstraint(model_name='tipping', name='terminal_tipping_once_per_account'),
        migrations.RemoveConstraint(model_name='tipping', name='terminal_tipping_once_per_store'),
        migrations.RemoveConstraint(model_name='tipping', name='terminal_tipping_once_per_location'),
        migrations.RemoveConstraint(model_name='tipping', name='terminal_tipping_of_a_location_names_its_store'),
        migrations.RemoveConstraint(model_name='tipping', name='terminal_tipping_of_an_account_inherits_nothing'),
        migrations.RemoveConstraint(model_name='tipping', name='terminal_tipping_reboots_between_two_hours'),
        migrations.RenameModel(old_name='Tipping', new_name='ReaderConfiguration'),
        migrations.AlterModelOptions(name='readerconfiguration', options={}),
        *(rename_tie(columns) for columns in TIES),
        migrations.AddField(
            model_name='readerconfiguration',
            name='asks_for_tips',
            field=models.BooleanField(blank=True, choices=[(None, 'As above'), (True, 'Yes'), (False, 'No')], help_text='Whether readers ask for a tip before each card.', null=True),
        ),
        migrations.AddField(
            model_name='readerconfiguration',
            name='offline_enabled',
            field=models.BooleanField(blank=True, choices=[(None, 'As above'), (True, 'Yes'), (False, 'No')], help_text="Only apps that hold the card reader's SDK take payments offline; what is sold here always needs the network.", null=True, verbose_name='payments while offline'),
        ),
        migrations.AddField(
            model_name='readerconfiguration',
            name='cellular_enabled',
            field=models.BooleanField(blank=True, choices=[(None, 'As above'), (True, 'Yes'), (False, 'No')], help_text='Whether readers with a SIM card may use it: the Stripe Reader S710.', null=True, verbose_name='cellular network'),
        ),
        migrations.AlterField(
            model_name='readerconfiguration',
            name='account',
            field=models.ForeignKey(blank=True, on_delete=django.db.models.deletion.PROTECT, related_name='reader_configurations', to='stores.account'),
        ),
        migrations.AlterField(
            model_name='readerconfiguration',
            name='store',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='reader_configurations', to='stores.store'),
        ),
        migrations.AlterField(
            model_name='readerconfiguration',
            name='location',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='reader_configurations', to='stores.location'),
        ),
        migrations.AlterField(
            model_name='readerconfiguration',
            name='reboot_start_hour',
            field=models.PositiveSmallIntegerField(blank=True, help_text='Readers that can choose start anew once a day from this hour on, 0 to 23, by the clock where they stand; the others, and all that are told no hour, at midnight.', null=True, verbose_name='restart from hour'),
        ),
        migrations.AlterField(
            model_name='readerconfiguration',
            name='reboot_end_hour',
            field=models.PositiveSmallIntegerField(blank=True, help_text='Another hour than the first.', null=True, verbose_name='restart until hour'),
        ),
        migrations.RunSQL("SET CONSTRAINTS ALL IMMEDIATE", "SET CONSTRAINTS ALL DEFERRED"),
        migrations.RunSQL(FILL, EMPTY),
        migrations.RunSQL(keys("tipping", "configuration"), keys("configuration", "tipping")),
        migrations.RunSQL("SET CONSTRAINTS ALL DEFERRED", "SET CONSTRAINTS ALL IMMEDIATE"),
        migrations.RemoveField(model_name='readerconfiguration', name='inherits'),
        migrations.RemoveField(model_name='readerconfiguration', name='is_active'),
        migrations.AddConstraint(
            model_name='readerconfiguration',
            constraint=models.UniqueConstraint(condition=models.Q(('store__isnull', True)), fields=('account',), name='terminal_readerconfiguration_once_per_account', violation_error_message='This account has its configuration already.'),
        ),
        migrations.AddConstraint(
            model_name='readerconfiguration',
            constraint=models.UniqueConstraint(condition=models.Q(('location__isnull', True)), fields=('store',), name='terminal_readerconfiguration_once_per_store', violation_error_message='This store has its configuration already.'),
        ),
        migrations.AddConstraint(
            model_name='readerconfiguration',
            constraint=models.UniqueConstraint(fields=('location',), name='terminal_readerconfiguration_once_per_location', violation_error_message='This location has its configuration already.'),
        ),
        migrations.AddConstraint(
            model_name='readerconfiguration',
            constraint=models.CheckConstraint(condition=models.Q(('location__isnull', True), ('store__isnull', False), _connector='OR'), name='terminal_readerconfiguration_of_a_location_names_its_store'),
        ),
        migrations.AddConstraint(
            model_name='readerconfiguration',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('reboot_end_hour', None), ('reboot_start_hour', None)), models.Q(('reboot_start_hour__isnull', False), ('reboot_start_hour__lte', 23), ('reboot_end_hour__isnull', False), ('reboot_end_hour__lte', 23), models.Q(('reboot_start_hour', models.F('reboot_end_hour')), _negated=True)), _connector='OR'), name='terminal_readerconfiguration_reboots_between_two_hours', violation_error_message='Give two different hours from 0 to 23, or neither.'),
        ),
    ]
