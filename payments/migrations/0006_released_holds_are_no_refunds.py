"""A hold that was let go is counted by its charge as refunded; nothing was given back."""

from django.db import migrations

ZERO = "UPDATE payments_payment SET amount_refunded = 0 WHERE status = 'canceled'"


class Migration(migrations.Migration):
    dependencies = [("payments", "0005_holds_by_their_end")]

    # Backwards nothing: what was there before said less.
    operations = [migrations.RunSQL(ZERO, migrations.RunSQL.noop)]
