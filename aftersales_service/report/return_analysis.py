from odoo import fields, models
from odoo.tools import SQL

from ..models.remedy_vocabulary import REMEDY_WHYS
from ..models.return_vocabulary import INSPECTION_RESULTS, LINE_STATUSES, OUTCOMES


class AftersalesReturnAnalysis(models.Model):
    """What came back of what was delivered: rates by product, batch and month; days and value.

    One row for each delivered lot of a delivery, one for each line of a return that was not
    refused or cancelled. Nothing is stored: a correction shows at once. Returned goods count in
    the month in which they were asked back.
    """

    _name = "aftersales.return.analysis"
    _description = "Return Analysis"
    _auto = False
    _order = "date desc, id desc"
    _rec_name = "product_id"

    date = fields.Date(string="Delivered or Asked Back", readonly=True)
    kind = fields.Selection(
        [("delivered", "Delivered"), ("returned", "Returned")], string="Row", readonly=True
    )
    return_id = fields.Many2one("aftersales.return", readonly=True)
    partner_id = fields.Many2one("res.partner", string="Customer", readonly=True)
    product_id = fields.Many2one("product.product", readonly=True)
    product_tmpl_id = fields.Many2one("product.template", string="Product Model", readonly=True)
    categ_id = fields.Many2one("product.category", string="Product Category", readonly=True)
    lot_id = fields.Many2one("stock.lot", string="Serial or Batch", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    currency_id = fields.Many2one("res.currency", readonly=True)
    why = fields.Selection(REMEDY_WHYS, string="Reason", readonly=True)
    fault_id = fields.Many2one("aftersales.fault", readonly=True)
    result = fields.Selection(INSPECTION_RESULTS, string="Inspection", readonly=True)
    outcome = fields.Selection(OUTCOMES, readonly=True)
    status = fields.Selection(LINE_STATUSES, readonly=True)
    quantity_delivered = fields.Float(readonly=True)
    quantity_returned = fields.Float(string="Quantity Asked Back", readonly=True)
    quantity_received = fields.Float(readonly=True)
    rate = fields.Float(
        string="Return Rate (%)",
        readonly=True,
        aggregator="avg",
        help="Quantity asked back of what was delivered in the same rows.",
    )
    days = fields.Float(string="Days to Settle", readonly=True, aggregator="avg")
    amount_sold = fields.Monetary(string="Value Asked Back", readonly=True)
    amount_refunded = fields.Monetary(readonly=True)

    def _read_group_select(self, aggregate_spec, query):
        """The rate of a group is that of its sums, not the mean of rates."""
        if aggregate_spec != "rate:avg":
            return super()._read_group_select(aggregate_spec, query)
        names = ("quantity_returned", "quantity_delivered")
        returned, delivered = (self._field_to_sql(self._table, name, query) for name in names)
        return SQL("SUM(%s) * 100.0 / NULLIF(SUM(%s), 0.0)", returned, delivered)

    @property
    def _table_query(self):
        return SQL(
            """
            SELECT item.*,
                   template.id AS product_tmpl_id,
                   template.categ_id,
                   company.currency_id,
                   NULL::numeric AS rate
              FROM (%(delivered)s UNION ALL %(returned)s) item
              JOIN product_product product ON product.id = item.product_id
              JOIN product_template template ON template.id = product.product_tmpl_id
              JOIN res_company company ON company.id = item.company_id
            """,
            delivered=self._get_delivered_query(),
            returned=self._get_returned_query(),
        )

    def _get_delivered_query(self):
        """First deliveries: no re-deliveries, and no repairs on the customer's site."""
        return SQL(
            """
            SELECT 2 * line.id AS id,
                   move.date::date AS date,
                   'delivered' AS kind,
                   NULL::integer AS return_id,
                   picking.partner_id,
                   line.product_id,
                   line.lot_id,
                   move.company_id,
                   NULL::varchar AS why,
                   NULL::integer AS fault_id,
                   NULL::varchar AS result,
                   NULL::varchar AS outcome,
                   NULL::varchar AS status,
                   line.quantity_product_uom::numeric AS quantity_delivered,
                   0::numeric AS quantity_returned,
                   0::numeric AS quantity_received,
                   NULL::numeric AS days,
                   0::numeric AS amount_sold,
                   0::numeric AS amount_refunded
              FROM stock_move_line line
              JOIN stock_move move ON move.id = line.move_id
              JOIN stock_location source ON source.id = line.location_id
              JOIN stock_location target ON target.id = line.location_dest_id
         LEFT JOIN stock_picking picking ON picking.id = line.picking_id
             WHERE line.state = 'done'
               AND target.usage = 'customer'
               AND source.usage != 'customer'
               AND move.origin_returned_move_id IS NULL
               AND move.repair_id IS NULL
            """
        )

    def _get_returned_query(self):
        return SQL(
            """
            SELECT 2 * line.id + 1 AS id,
                   head.date_requested::date AS date,
                   'returned' AS kind,
                   line.return_id,
                   line.partner_id,
                   line.product_id,
                   line.lot_id,
                   line.company_id,
                   line.why,
                   line.fault_id,
                   line.result,
                   line.outcome,
                   line.status,
                   0::numeric AS quantity_delivered,
                   line.quantity_authorised::numeric AS quantity_returned,
                   COALESCE(line.quantity_received, 0)::numeric AS quantity_received,
                   NULLIF(head.days_to_settle, 0)::numeric AS days,
                   COALESCE(line.amount_sold, 0)::numeric AS amount_sold,
                   COALESCE(line.amount_refunded, 0)::numeric AS amount_refunded
              FROM aftersales_return_line line
              JOIN aftersales_return head ON head.id = line.return_id
             WHERE line.status NOT IN ('refused', 'cancelled')
               AND head.state NOT IN ('draft', 'refused', 'cancelled')
            """
        )
