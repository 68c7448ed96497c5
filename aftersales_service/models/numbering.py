"""Document numbers for a whole batch: one query instead of one per record."""

from odoo.tools import SQL


def next_numbers(env, code, number):
    """The next ``number`` numbers of the sequence of a code, in the company of ``env``.

    Sequences without gaps or with date ranges count one at a time, as Odoo does. Without any
    sequence, every number is "/".
    """
    if not number:
        return []
    sequence = env["ir.sequence"].search(
        [("code", "=", code), ("company_id", "in", (env.company.id, False))],
        order="company_id",
        limit=1,
    )
    if not sequence:
        return ["/"] * number
    if sequence.implementation != "standard" or sequence.use_date_range:
        return [sequence.next_by_id() for _ in range(number)]
    name = f"ir_sequence_{sequence.id:03}"
    rows = env.execute_query(SQL("SELECT nextval(%s) FROM generate_series(1, %s)", name, number))
    # what stands around the number is the same for all: Odoo would read the calendar for each
    prefix, suffix = sequence._get_prefix_suffix()
    return [f"{prefix}{value:0{sequence.padding}d}{suffix}" for (value,) in rows]
