"""What Odoo's loader does not do for us when the addon goes."""

from odoo.tools import SQL


def uninstall_hook(env):
    """Let every row of ours go, in whatever order Odoo deletes them.

    Units hold order lines, plans hold policies: the foreign keys that protect a promise would
    stop Odoo from deleting the data of an addon that is leaving. Only keys from or to our own
    tables fall; our tables and columns follow a moment later.
    """
    rows = env.execute_query(
        SQL(
            """
            SELECT conrelid::regclass::text, conname
              FROM pg_constraint
             WHERE contype = 'f'
               AND (conrelid::regclass::text LIKE %(ours)s
                    OR confrelid::regclass::text LIKE %(ours)s)
            """,
            ours=r"aftersales\_%",
        )
    )
    for table, constraint in rows:
        env.execute_query(
            SQL(
                "ALTER TABLE %s DROP CONSTRAINT IF EXISTS %s",
                SQL.identifier(table),
                SQL.identifier(constraint),
            )
        )
