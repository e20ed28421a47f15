import django.core.validators
import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("payments", "0013_cash_and_parts_of_bills"),
        ('stores', '0009_tablets_are_paired_by_a_code'),
    ]

    operations = [
        migrations.CreateModel(
            name='CardRule',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('position', models.PositiveIntegerField(default=10, help_text='Rules are tried from the lowest to the highest.')),
                ('brand', models.CharField(blank=True, choices=[('visa', 'Visa'), ('mastercard', 'Mastercard'), ('amex', 'American Express'), ('discover', 'Discover'), ('diners', 'Diners Club'), ('jcb', 'JCB'), ('unionpay', 'UnionPay'), ('interac', 'Interac'), ('eftpos_au', 'eftpos Australia'), ('cartes_bancaires', 'Cartes Bancaires'), ('girocard', 'girocard')], help_text='Empty: any.', max_length=32)),
                ('funding', models.CharField(blank=True, choices=[('credit', 'Credit'), ('debit', 'Debit'), ('prepaid', 'Prepaid')], help_text='Empty: any.', max_length=16)),
                ('country', models.CharField(blank=True, help_text="Where the card was issued: two capital letters, like US, or abroad for any country but the store's. Empty: any, and those of which it is not known.", max_length=6, validators=[django.core.validators.RegexValidator('\\A([A-Z]{2}|abroad)\\Z', 'Two capital letters, or abroad.')])),
                ('wallet', models.CharField(blank=True, choices=[('none', 'no wallet'), ('any', 'any wallet'), ('apple_pay', 'Apple Pay'), ('google_pay', 'Google Pay'), ('samsung_pay', 'Samsung Pay')], help_text='A hint only: not every bank lets a reader see the wallet. Empty: any.', max_length=16)),
                ('effect', models.CharField(choices=[('refuse', 'Refuse the card'), ('ask', 'Ask the cashier')], max_length=8)),
                ('sentence', models.CharField(help_text='What the cashier reads, like: Is a second document shown with this card?', max_length=200)),
                ('is_active', models.BooleanField(default=True)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('store', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='card_rules', to='stores.store')),
            ],
            options={
                'ordering': ['store', 'position', 'pk'],
                'constraints': [models.CheckConstraint(condition=models.Q(('effect__in', ['refuse', 'ask'])), name='payments_cardrule_effect_known'), models.CheckConstraint(condition=models.Q(('country__regex', '^([A-Z]{2}|abroad)?$')), name='payments_cardrule_country_format'), models.CheckConstraint(condition=models.Q(('sentence', ''), _negated=True), name='payments_cardrule_says_something'), models.CheckConstraint(condition=models.Q(('brand', ''), ('country', ''), ('effect', 'refuse'), ('funding', ''), ('wallet', ''), _negated=True), name='payments_cardrule_refuses_not_every_card', violation_error_message='This would refuse every card. Say which ones.')],
            },
        ),
    ]
