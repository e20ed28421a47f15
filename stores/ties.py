"""What migrations ask of PostgreSQL beyond Django's models: rows tied to one store, and tables that
only grow."""

from django.db.migrations import RunSQL


def tie(
    table: str, columns: str, target: str, target_columns: str, *, deferred: bool = False
) -> RunSQL:
    """A foreign key over two columns; NULL in either ends the matter.

    Checked at once, or when the transaction ends.
    """
    name = f"{table}_{columns.replace(', ', '_')}_tied"
    return RunSQL(
        f"ALTER TABLE {table} ADD CONSTRAINT {name}"
        f" FOREIGN KEY ({columns}) REFERENCES {target} ({target_columns})"
        f"{' DEFERRABLE INITIALLY DEFERRED' if deferred else ''}",
        f"ALTER TABLE {table} DROP CONSTRAINT {name}",
    )


def only_grows(table: str) -> RunSQL:
    """The database refuses to update or delete rows of it."""
    return RunSQL(
        f"""
        CREATE FUNCTION {table}_only_grows() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION '{table} only grows: % refused', TG_OP
                USING ERRCODE = 'integrity_constraint_violation';
        END $$;
        CREATE TRIGGER {table}_only_grows BEFORE UPDATE OR DELETE ON {table}
            FOR EACH ROW EXECUTE FUNCTION {table}_only_grows();
        """,
        f"DROP TRIGGER {table}_only_grows ON {table}; DROP FUNCTION {table}_only_grows();",
    )
