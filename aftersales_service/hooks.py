"""What Odoo's loader does not do for us when the addon goes."""

from odoo.tools import SQL


def uninstall_hook(env):
    _hand_over_used_products(env)
    _drop_foreign_keys(env)


def _hand_over_used_products(env):
    """Products of ours that were sold or invoiced stay with the orders that name them.

    Odoo could not delete them, and would leave their external ids behind.
    """
    Data = env["ir.model.data"]
    ours = [("module", "=", "aftersales_service")]
    named = Data.search([*ours, ("model", "=", "product.product")]).mapped("res_id")
    used = env["product.product"]
    for model in ("sale.order.line", "account.move.line"):
        lines = env[model].search([("product_id", "in", named)])
        used |= lines.product_id
    for model, ids in (
        ("product.product", used.ids),
        ("product.template", used.product_tmpl_id.ids),
    ):
        Data.search([*ours, ("model", "=", model), ("res_id", "in", ids)]).unlink()


def _drop_foreign_keys(env):
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
