from odoo import fields, models
from odoo.tools import SQL

from ..models.vocabulary import COST_TYPES, PAYERS, RESULTS


class AftersalesCostAnalysis(models.Model):
    """What repairs cost and who pays it, line by line: services and parts, in company currency.

    Rows follow their documents: nothing is stored, so a ruling or a correction shows at once.
    Cancelled repairs cost nothing.
    """

    _name = "aftersales.cost.analysis"
    _description = "Cost Analysis"
    _auto = False
    _order = "date desc, id desc"
    _rec_name = "item_id"

    date = fields.Date(string="Repair Date", readonly=True)
    repair_id = fields.Many2one("repair.order", readonly=True)
    claim_id = fields.Many2one("aftersales.claim", readonly=True)
    unit_id = fields.Many2one("aftersales.unit", readonly=True)
    partner_id = fields.Many2one("res.partner", string="Customer", readonly=True)
    product_id = fields.Many2one("product.product", string="Repaired Product", readonly=True)
    item_id = fields.Many2one("product.product", string="Part or Service", readonly=True)
    cause_id = fields.Many2one("aftersales.cause", readonly=True)
    submitted_to_id = fields.Many2one("res.partner", string="Supplier", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    currency_id = fields.Many2one("res.currency", readonly=True)
    cost_type = fields.Selection(COST_TYPES, string="Kind of Cost", readonly=True)
    result = fields.Selection(RESULTS, string="Decision", readonly=True)
    payer = fields.Selection(PAYERS, string="Paid by", readonly=True)
    is_goodwill = fields.Boolean(readonly=True)
    quantity = fields.Float(readonly=True)
    amount_cost = fields.Monetary(string="Cost", readonly=True, help="What it costs us.")
    amount_list = fields.Monetary(string="List Value", readonly=True)
    amount_charged = fields.Monetary(
        string="Charged", readonly=True, help="What the customer or a third party pays."
    )
    amount_recoverable = fields.Monetary(
        string="To Recover", readonly=True, help="What the supplier owes us by the charge rules."
    )
    amount_goodwill = fields.Monetary(
        string="Goodwill", readonly=True, help="What we pay although we do not owe it, at cost."
    )
    amount_result = fields.Monetary(
        string="Left with Us", readonly=True, help="Cost less what others pay."
    )

    @property
    def _table_query(self):
        return SQL(
            """
            SELECT priced.*,
                   CASE WHEN payer = 'supplier' THEN price * quantity ELSE 0 END
                       AS amount_recoverable,
                   CASE WHEN is_goodwill THEN amount_cost ELSE 0 END AS amount_goodwill,
                   amount_cost - amount_charged
                       - CASE WHEN payer = 'supplier' THEN price * quantity ELSE 0 END
                       AS amount_result
              FROM (
                SELECT charged.*,
                       COALESCE(quoted,
                                CASE WHEN payer IN ('customer', 'third_party')
                                     THEN price * quantity ELSE 0 END) AS amount_charged
                  FROM (%(charged)s) charged
              ) priced
            """,
            charged=self._get_charged_query(),
        )

    def _get_charged_query(self):
        """Rows with their payer and the price of one by its basis."""
        return SQL(
            """
            SELECT line.*,
                   CASE
                       WHEN basis = 'cost' OR (basis = 'free' AND payer = 'supplier')
                           THEN unit_cost
                       WHEN basis = 'free' THEN 0
                       WHEN basis = 'less' THEN unit_list * (1 - percent / 100)
                       ELSE unit_list
                   END AS price,
                   unit_cost * quantity AS amount_cost,
                   unit_list * quantity AS amount_list
              FROM (
                SELECT item.*,
                       item.goodwill_line OR (
                           claim.ruling = 'goodwill' AND claim.state != 'cancelled'
                       ) IS TRUE AS is_goodwill,
                       CASE WHEN item.goodwill_line THEN 'company'
                            ELSE COALESCE(charge->>0, 'customer') END AS payer,
                       CASE WHEN item.goodwill_line THEN 'free'
                            ELSE COALESCE(charge->>1, 'list') END AS basis,
                       COALESCE((charge->>2)::numeric, 0) AS percent,
                       (COALESCE(repair.schedule_date, repair.create_date)
                            AT TIME ZONE 'UTC'
                            AT TIME ZONE COALESCE(partner.tz, calendar.tz, 'UTC'))::date AS date,
                       repair.aftersales_claim_id AS claim_id,
                       repair.aftersales_unit_id AS unit_id,
                       repair.partner_id,
                       repair.product_id,
                       claim.cause_id,
                       claim.submitted_to_id,
                       claim.result,
                       repair.company_id,
                       company.currency_id
                  FROM (%(services)s UNION ALL %(parts)s) item
                  JOIN repair_order repair ON repair.id = item.repair_id
                  JOIN res_company company ON company.id = repair.company_id
             LEFT JOIN resource_calendar calendar ON calendar.id = company.resource_calendar_id
             LEFT JOIN res_partner partner ON partner.id = repair.partner_id
             LEFT JOIN aftersales_claim claim ON claim.id = repair.aftersales_claim_id
            CROSS JOIN LATERAL (
                       SELECT CASE WHEN claim.state != 'cancelled'
                                   THEN claim.charges->item.cost_type END AS charge
                       ) decided
                 WHERE repair.state != 'cancel'
              ) line
            """,
            services=self._get_services_query(),
            parts=self._get_parts_query(),
        )

    def _get_services_query(self):
        return SQL(
            """
            SELECT 2 * id AS id,
                   repair_id,
                   product_id AS item_id,
                   cost_type,
                   COALESCE(is_goodwill, FALSE) AS goodwill_line,
                   quantity::numeric AS quantity,
                   COALESCE(price_cost, 0) AS unit_cost,
                   COALESCE(price_list, 0) AS unit_list,
                   NULL::numeric AS quoted
              FROM aftersales_cost_line
            """
        )

    def _get_parts_query(self):
        """Parts at the value their transfer took from stock, before it at their present cost.

        The quotation of a part may be changed by hand: then it says what is charged.
        """
        return SQL(
            """
            SELECT 2 * move.id + 1 AS id,
                   move.repair_id,
                   move.product_id AS item_id,
                   'part' AS cost_type,
                   FALSE AS goodwill_line,
                   move.product_qty::numeric AS quantity,
                   CASE WHEN move.state = 'done' AND move.value != 0 AND move.product_qty != 0
                        THEN abs(move.value)::numeric / move.product_qty
                        ELSE COALESCE(
                            (product.standard_price->>(move.company_id::text))::numeric, 0
                        ) END AS unit_cost,
                   COALESCE(template.list_price, 0)::numeric AS unit_list,
                   CASE WHEN quoted.id IS NOT NULL
                        THEN quoted.price_unit * (1 - COALESCE(quoted.discount, 0) / 100)
                             * move.product_uom_qty
                             / COALESCE(NULLIF(sale.currency_rate, 0), 1)
                   END AS quoted
              FROM stock_move move
              JOIN product_product product ON product.id = move.product_id
              JOIN product_template template ON template.id = product.product_tmpl_id
         LEFT JOIN sale_order_line quoted ON quoted.id = move.sale_line_id
         LEFT JOIN sale_order sale ON sale.id = quoted.order_id
             WHERE move.repair_line_type = 'add' AND move.state != 'cancel'
            """
        )
