"""What a model says of its rows, the database holds it to: nothing was lost in a migration."""

import pytest
from django.apps import apps
from django.db import connection

OURS = [
    model
    for app in ("stores", "payments", "terminal")
    for model in apps.get_app_config(app).get_models()
    if model._meta.managed
]


@pytest.mark.parametrize("model", OURS, ids=lambda model: model._meta.label)
def test_has_every_constraint_and_index(db, model):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT indexname FROM pg_indexes WHERE tablename = %(table)s"
            " UNION SELECT conname FROM pg_constraint WHERE conrelid = %(table)s::regclass",
            {"table": model._meta.db_table},
        )
        there = {name for (name,) in cursor.fetchall()}
    named = [*model._meta.constraints, *model._meta.indexes]
    assert {each.name for each in named} - there == set()


@pytest.mark.parametrize("model", OURS, ids=lambda model: model._meta.label)
def test_has_an_index_for_every_key_to_another_row(db, model):
    """But where the model says that another one serves."""
    with connection.cursor() as cursor:
        found = connection.introspection.get_constraints(cursor, model._meta.db_table)
    first = {
        each["columns"][0]
        for each in found.values()
        if each["columns"] and (each["index"] or each["unique"])
    }
    wanted = {field.column for field in model._meta.fields if field.remote_field and field.db_index}
    assert wanted - first == set()


def test_has_no_index_that_another_replaced(db):
    """A key's own index goes when one that begins with it serves as well."""
    with connection.cursor() as cursor:
        found = connection.introspection.get_constraints(cursor, "terminal_readeraction")
    assert "terminal_readeraction_reader_id_3271b70f" not in found
