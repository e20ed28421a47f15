

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('payments', '0009_how_cards_are_taken'),
        ('stores', '0006_how_cards_are_taken'),
        ('terminal', '0003_refunds_on_readers'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='readeraction',
            name='terminal_readeraction_one_active_per_reader',
        ),
        migrations.RemoveConstraint(
            model_name='readeraction',
            name='terminal_readeraction_one_active_per_payment',
        ),
        migrations.RemoveConstraint(
            model_name='readeraction',
            name='terminal_readeraction_ended_at_when_ended',
        ),
        migrations.AddField(
            model_name='readeraction',
            name='card',
            field=models.JSONField(blank=True, default=dict, help_text='What was seen of the card before it was charged.'),
        ),
        migrations.AddField(
            model_name='readeraction',
            name='collected_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='readeraction',
            name='confirm_before',
            field=models.DateTimeField(blank=True, help_text='Until then the card is charged, or let go.', null=True),
        ),
        migrations.AddField(
            model_name='readeraction',
            name='notice',
            field=models.TextField(blank=True, help_text="What the store's rule says of that card, for the cashier."),
        ),
        migrations.AddField(
            model_name='readeraction',
            name='released_for',
            field=models.CharField(blank=True, help_text='Why the card that was read is not charged.', max_length=32),
        ),
        migrations.AlterField(
            model_name='readeraction',
            name='status',
            field=models.CharField(choices=[('requested', 'Requested'), ('in_progress', 'In Progress'), ('collected', 'Collected'), ('unknown', 'Unknown'), ('succeeded', 'Succeeded'), ('failed', 'Failed'), ('canceled', 'Canceled')], default='requested', max_length=16),
        ),
        migrations.AlterField(
            model_name='readeraction',
            name='type',
            field=models.CharField(choices=[('process_payment_intent', 'Process Payment Intent'), ('collect_payment_method', 'Collect Payment Method'), ('confirm_payment_intent', 'Confirm Payment Intent'), ('refund_payment', 'Refund Payment')], max_length=32),
        ),
        migrations.AddConstraint(
            model_name='readeraction',
            constraint=models.UniqueConstraint(condition=models.Q(('status__in', ('requested', 'in_progress', 'collected', 'unknown'))), fields=('reader',), name='terminal_readeraction_one_active_per_reader'),
        ),
        migrations.AddConstraint(
            model_name='readeraction',
            constraint=models.UniqueConstraint(condition=models.Q(('status__in', ('requested', 'in_progress', 'collected', 'unknown'))), fields=('payment',), name='terminal_readeraction_one_active_per_payment'),
        ),
        migrations.AddConstraint(
            model_name='readeraction',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('status', 'collected'), _negated=True), models.Q(('confirm_before__isnull', False), ('type', 'collect_payment_method')), _connector='OR'), name='terminal_readeraction_collected_card_has_a_deadline'),
        ),
        migrations.AddConstraint(
            model_name='readeraction',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('ended_at__isnull', True), ('status__in', ('requested', 'in_progress', 'collected', 'unknown'))), models.Q(models.Q(('status__in', ('requested', 'in_progress', 'collected', 'unknown')), _negated=True), ('ended_at__isnull', False)), _connector='OR'), name='terminal_readeraction_ended_at_when_ended'),
        ),
    ]
