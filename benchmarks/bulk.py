"""Units by the hundred thousand in seconds, each row as the ORM would have written it.

The ORM makes some, as always. The others are copies of their rows, made in SQL, which differ from
them in serial, product and customer only. What is computed and stored is copied with them, and a
sample is computed anew to prove that the ORM would have stored the same.
"""

from odoo.tools import SQL

from benchmarks.lib import expect

MIXED = 25  # so many of those made are neighbours
SAMPLE = 100
COPIED = ("stock.lot", "aftersales.unit", "aftersales.coverage")
LOOKS = ("product_id", "partner_id", "site_id")  # nothing else of a unit depends on these


def with_copies(made, number: int):
    """Return so many units: those made, and copies of each, as often as it takes.

    Copies keep the order of what was made, so that the newest have the highest numbers, as in life.
    Neighbours are mixed, and each copy looks like another one of those made, so that any page of a
    list shows many products and customers.
    """
    env = made.env
    env.flush_all()
    times, rest = divmod(number, len(made))
    expect("units left over", rest, 0)
    env.cr.execute(
        SQL(
            """
            CREATE TEMPORARY TABLE copies ON COMMIT DROP AS
              WITH made AS (
                SELECT id, lot_id, product_id, partner_id, site_id,
                       row_number() OVER (ORDER BY id) - 1 AS place
                  FROM aftersales_unit WHERE id IN %(made)s
              )
            SELECT *, nextval('aftersales_unit_id_seq') AS id, nextval('stock_lot_id_seq') AS lot_id
              FROM (
                SELECT made.id AS unit_id, made.lot_id AS unit_lot_id, '-' || number AS suffix,
                       looks.product_id, looks.partner_id, looks.site_id
                  FROM made
                 CROSS JOIN generate_series(2, %(times)s) AS number
                  JOIN made AS looks ON looks.place = (made.place + number) %% %(many)s
                 ORDER BY made.place / %(mixed)s, number, made.id
              ) AS pairs
            """,
            made=made._ids,
            many=len(made),
            times=times,
            mixed=MIXED,
        )
    )
    name = SQL("source.name || copies.suffix")
    looks = {field: SQL.identifier("copies", field) for field in LOOKS}
    ids = {"id": SQL("copies.id"), "lot_id": SQL("copies.lot_id")}
    _copy(
        made.lot_id,
        SQL("copies.unit_lot_id = source.id"),
        id=ids["lot_id"],
        product_id=looks["product_id"],
        name=name,
    )
    _copy(made, SQL("copies.unit_id = source.id"), **ids, **looks, name=name)
    _copy(
        made.coverage_ids,
        SQL("copies.unit_id = source.unit_id"),
        id=SQL("nextval('aftersales_coverage_id_seq')"),
        unit_id=ids["id"],
    )
    env.cr.execute("SELECT id FROM copies ORDER BY id")
    copies = made.browse(row[0] for row in env.cr.fetchall())
    env.cr.execute("DROP TABLE copies")
    for model in COPIED:
        env.cr.execute(SQL("ANALYZE %s", SQL.identifier(env[model]._table)))
    sample = copies[:: max(len(copies) // SAMPLE, 1)]
    _prove(sample)
    _prove(sample.coverage_ids)
    return made | copies


def _copy(model, link: SQL, **changed: SQL) -> None:
    """Copy the rows that ``copies`` is linked to, with these columns changed."""
    columns = [name for name, field in model._fields.items() if field.store and field.column_type]
    values = [changed.get(name) or SQL.identifier("source", name) for name in columns]
    model.env.cr.execute(
        SQL(
            "INSERT INTO %(table)s (%(columns)s) SELECT %(values)s"
            " FROM copies JOIN %(table)s AS source ON %(link)s"
            " ORDER BY copies.id, source.id",
            table=SQL.identifier(model._table),
            columns=SQL(", ").join(map(SQL.identifier, columns)),
            values=SQL(", ").join(values),
            link=link,
        )
    )


def _prove(records) -> None:
    """Refuse copies that are not what the ORM would have written."""
    computed = [field for field in records._fields.values() if field.store and field.compute]
    names = [field.name for field in computed]
    before = records.read(names, load=None)
    for field in computed:
        records.env.add_to_compute(field, records)
    records.env.flush_all()
    records.invalidate_model()
    after = records.read(names, load=None)
    differing = [old for old, new in zip(before, after, strict=True) if old != new]
    expect(f"copies of {records._name} that computing changes", differing, [])
