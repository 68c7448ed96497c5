"""``make test-install``: our addon comes, goes without a trace and comes again.

The database holds demonstration data when the addon goes, as a customer's holds their own.
"""

from . import databases
from .console import Problem, say, step
from .layout import ADDON_NAME, fresh_log
from .odoo import Odoo, refuse_complaints

UNINSTALL = f"""
env["ir.module.module"].search([("name", "=", "{ADDON_NAME}")]).button_immediate_uninstall()
"""
# What an addon may leave behind. Each statement lists names, not numbers, to show in a complaint.
TRACES = {
    "table": "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'",
    "column": "SELECT table_name || '.' || column_name FROM information_schema.columns"
    " WHERE table_schema = 'public'",
    "index": "SELECT indexname FROM pg_indexes WHERE schemaname = 'public'",
    "constraint": "SELECT conname FROM pg_constraint WHERE connamespace = 'public'::regnamespace",
    "database sequence": "SELECT relname FROM pg_class WHERE relkind = 'S'",
    "model": "SELECT model FROM ir_model",
    "field": "SELECT model || '.' || name FROM ir_model_fields",
    "selection": "SELECT f.model || '.' || f.name || '=' || s.value"
    " FROM ir_model_fields_selection s JOIN ir_model_fields f ON f.id = s.field_id",
    # Demonstration products that were really sold stay, as any document of a company does.
    "external id": "SELECT module || '.' || name FROM ir_model_data"
    f" WHERE module = '{ADDON_NAME}' AND name NOT LIKE '%\\_demo%'",
    "view": "SELECT coalesce(key, name) FROM ir_ui_view",
    "menu": "SELECT id::text || ' ' || name::text FROM ir_ui_menu",
    "action": "SELECT id::text || ' ' || name::text FROM ir_actions",
    "scheduled action": "SELECT cron_name FROM ir_cron",
    "record rule": "SELECT name FROM ir_rule",
    "access right": "SELECT name FROM ir_model_access",
    "group": "SELECT name::text FROM res_groups",
    "privilege": "SELECT name::text FROM res_groups_privilege",
    "numbering": "SELECT name FROM ir_sequence",
    "setting": "SELECT key FROM ir_config_parameter",
    "asset": "SELECT name FROM ir_asset",
}


def test_install(_arguments: list[str]) -> int:
    """Install, uninstall and install again; fail on complaints in the log and on traces."""
    odoo = databases.ready_odoo()
    with databases.scratch_base(odoo) as database:
        before = _names(odoo, database)
        odoo.server.run_sql(databases.PRETEND_DEMO, database)
        _install(odoo, database, "Installing with demonstration data", "--with-demo")
        with step("Uninstalling"):
            log = fresh_log("uninstall")
            odoo.evaluate(database, UNINSTALL, log)
            refuse_complaints(log)
        _refuse_traces(before, _names(odoo, database))
        # What was sold in the demonstration is still there and would be sold twice.
        odoo.server.run_sql("UPDATE ir_module_module SET demo = false", database)
        _install(odoo, database, "Installing again")
    say(f"{len(TRACES)} passed, 0 failed")
    return 0


def _install(odoo: Odoo, database: str, title: str, *options: str) -> None:
    with step(title):
        refuse_complaints(odoo.install(database, *options, modules=ADDON_NAME))


def _names(odoo: Odoo, database: str) -> dict[str, set[str]]:
    return {
        kind: set(odoo.server.run_sql(statement, database).splitlines())
        for kind, statement in TRACES.items()
    }


def _refuse_traces(before: dict[str, set[str]], after: dict[str, set[str]]) -> None:
    traces = [
        f"{kind} {name}" for kind in TRACES for name in sorted(after[kind] - before[kind])
    ] + [f"lost {kind} {name}" for kind in TRACES for name in sorted(before[kind] - after[kind])]
    if traces:
        raise Problem(f"Uninstalling {ADDON_NAME} left traces:\n" + "\n".join(traces))
