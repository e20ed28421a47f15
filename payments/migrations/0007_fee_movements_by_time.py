"""Fee movements are listed by when Stripe did them; indexes made while the shops sell."""

from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False  # as CONCURRENTLY wants it

    dependencies = [("payments", "0006_accounts_connected_by_their_owners")]

    operations = [
        AddIndexConcurrently(
            model_name="feemovement",
            index=models.Index(
                fields=["store", "-created_at", "-id"], name="payments_feemovement_by_store"
            ),
        ),
        AddIndexConcurrently(
            model_name="feemovement",
            index=models.Index(
                condition=models.Q(("kind", "application_fee_refund")),
                fields=["kind", "-created_at", "-id"],
                name="payments_feemovement_by_kind",
            ),
        ),
        RemoveIndexConcurrently(model_name="feemovement", name="payments_feemovement_of_store"),
        RemoveIndexConcurrently(model_name="feemovement", name="payments_feemovement_returned"),
    ]
