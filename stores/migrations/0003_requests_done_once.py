"""What a client asked under an Idempotency-Key is known for a day."""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('stores', '0002_rows_never_mix_stores'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='ClientRequest',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.CharField(max_length=255)),
                ('fingerprint', models.CharField(help_text='SHA-256 of the method, the path and the body.', max_length=64)),
                ('resource_id', models.BigIntegerField(null=True)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('device', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='stores.device')),
                ('store', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='stores.store')),
                ('user', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'indexes': [models.Index(fields=['created_at'], name='stores_clientrequest_age')],
                'constraints': [models.UniqueConstraint(fields=('device', 'key'), name='stores_clientrequest_device'), models.UniqueConstraint(fields=('user', 'key'), name='stores_clientrequest_user'), models.CheckConstraint(condition=models.Q(models.Q(('device__isnull', False), ('store__isnull', False), ('user__isnull', True)), models.Q(('device__isnull', True), ('user__isnull', False)), _connector='OR'), name='stores_clientrequest_one_principal'), models.CheckConstraint(condition=models.Q(('fingerprint__regex', '^[0-9a-f]{64}$')), name='stores_clientrequest_fingerprint_format')],
            },
        ),
        # A tablet's request is about its own store; NULL in either ends the matter.
        migrations.RunSQL(
            "ALTER TABLE stores_clientrequest ADD CONSTRAINT"
            " stores_clientrequest_device_id_store_id_tied FOREIGN KEY (device_id, store_id)"
            " REFERENCES stores_device (id, store_id)",
            "ALTER TABLE stores_clientrequest DROP CONSTRAINT"
            " stores_clientrequest_device_id_store_id_tied",
        ),
    ]
