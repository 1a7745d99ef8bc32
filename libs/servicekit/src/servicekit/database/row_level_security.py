"""Policies for rows that belong to somebody: the second wall behind the handlers. Used by migrations.

The caller is in the settings lm.user_id and lm.role, set for every transaction from the verified token.
"""

USER_ID = "nullif(current_setting('lm.user_id', true), '')"
ROLE = "coalesce(current_setting('lm.role', true), '')"


def protect(table: str, *, owner: str, readable: str = "false", moderators: bool = False) -> list[str]:
    """Statements that let a caller see and change only rows whose column `owner` is their id.

    Services always may. `readable` is an SQL condition under which everybody may read a row; `moderators` lets moderators
    and admins see and change every row.
    """
    staff = "'SERVICE', 'MODERATOR', 'ADMIN'" if moderators else "'SERVICE'"
    mine = f"{owner}::text = {USER_ID} OR {ROLE} IN ({staff})"
    return [
        f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY",
        f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY",
        f"CREATE POLICY {table}_read ON {table} FOR SELECT USING ({readable} OR {mine})",
        f"CREATE POLICY {table}_insert ON {table} FOR INSERT WITH CHECK ({mine})",
        f"CREATE POLICY {table}_update ON {table} FOR UPDATE USING ({mine}) WITH CHECK ({mine})",
        f"CREATE POLICY {table}_delete ON {table} FOR DELETE USING ({mine})",
    ]


def append_only(table: str) -> str:
    """A statement that leaves every role but the table's owner the right to add rows and to read them, and no more."""
    # The table's name is a constant of the migration.
    return f"""
DO $$ DECLARE grantee text; BEGIN
  FOR grantee IN SELECT DISTINCT g.grantee FROM information_schema.role_table_grants g
    WHERE g.table_schema = 'public' AND g.table_name = '{table}' AND g.grantee <> current_user
  LOOP EXECUTE format('REVOKE UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER ON {table} FROM %I', grantee); END LOOP;
END $$
"""  # noqa: S608  # as above
