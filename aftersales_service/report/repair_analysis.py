from odoo import fields, models
from odoo.tools import SQL

from ..models.vocabulary import REPAIR_PLACES, REPAIR_STEPS, RESULTS


class AftersalesRepairAnalysis(models.Model):
    """How long repairs take, whether they hold, and who pays them: a row for each repair."""

    _name = "aftersales.repair.analysis"
    _description = "Repair Analysis"
    _auto = False
    _order = "date desc, id desc"
    _rec_name = "repair_id"

    date = fields.Date(string="Ended on", readonly=True)
    repair_id = fields.Many2one("repair.order", readonly=True)
    partner_id = fields.Many2one("res.partner", string="Customer", readonly=True)
    product_id = fields.Many2one("product.product", readonly=True)
    categ_id = fields.Many2one("product.category", string="Product Family", readonly=True)
    plan_id = fields.Many2one("aftersales.plan", readonly=True)
    user_id = fields.Many2one("res.users", string="Technician", readonly=True)
    team_id = fields.Many2one("aftersales.team", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    currency_id = fields.Many2one("res.currency", readonly=True)
    place = fields.Selection(REPAIR_PLACES, readonly=True)
    step = fields.Selection(REPAIR_STEPS, readonly=True)
    fault_id = fields.Many2one("aftersales.fault", readonly=True)
    cause_id = fields.Many2one("aftersales.cause", readonly=True)
    remedy_id = fields.Many2one("aftersales.remedy", readonly=True)
    result = fields.Selection(RESULTS, string="Decision", readonly=True)
    is_repeat = fields.Boolean(string="Repeat Repair", readonly=True)
    turnaround = fields.Float(
        string="Turnaround (Days)",
        readonly=True,
        aggregator="avg",
        help="From arrival, or the beginning of the work, to the return to the customer.",
    )
    work_hours = fields.Float(
        string="Under Repair (Hours)", readonly=True, aggregator="avg", help="Elapsed time."
    )
    first_time_fix = fields.Float(
        string="First-Time Fix (%)", readonly=True, aggregator="avg", digits=(5, 1)
    )
    repeat_rate = fields.Float(
        string="Repeat Rate (%)", readonly=True, aggregator="avg", digits=(5, 1)
    )
    amount_cost = fields.Monetary(string="Cost", readonly=True)
    amount_company = fields.Monetary(string="Cost Paid by Us", readonly=True)
    amount_charged = fields.Monetary(string="Charged", readonly=True)
    amount_recoverable = fields.Monetary(string="To Recover", readonly=True)

    @property
    def _table_query(self):
        return SQL(
            """
            SELECT repair.id,
                   repair.id AS repair_id,
                   (COALESCE(repair.aftersales_date_repaired, repair.schedule_date,
                             repair.create_date)
                        AT TIME ZONE 'UTC'
                        AT TIME ZONE COALESCE(partner.tz, calendar.tz, 'UTC'))::date AS date,
                   repair.partner_id,
                   repair.product_id,
                   template.categ_id,
                   repair.aftersales_plan_id AS plan_id,
                   repair.user_id,
                   request.team_id,
                   repair.company_id,
                   company.currency_id,
                   repair.aftersales_place AS place,
                   repair.aftersales_step AS step,
                   repair.aftersales_fault_id AS fault_id,
                   repair.aftersales_cause_id AS cause_id,
                   repair.aftersales_remedy_id AS remedy_id,
                   claim.result,
                   repair.aftersales_is_repeat AS is_repeat,
                   EXTRACT(epoch FROM %(handed_back)s - %(arrived)s) / 86400 AS turnaround,
                   EXTRACT(epoch FROM repair.aftersales_date_repaired
                                      - repair.aftersales_date_begun) / 3600 AS work_hours,
                   CASE WHEN repair.state = 'done' AND repair.aftersales_rework_of_id IS NULL
                        THEN CASE WHEN repair.aftersales_first_time_fix THEN 100 ELSE 0 END
                   END AS first_time_fix,
                   CASE WHEN repair.aftersales_is_repeat THEN 100 ELSE 0 END AS repeat_rate,
                   cost.amount_cost,
                   cost.amount_company,
                   cost.amount_charged,
                   cost.amount_recoverable
              FROM repair_order repair
              JOIN res_company company ON company.id = repair.company_id
         LEFT JOIN resource_calendar calendar ON calendar.id = company.resource_calendar_id
         LEFT JOIN res_partner partner ON partner.id = repair.partner_id
         LEFT JOIN product_product product ON product.id = repair.product_id
         LEFT JOIN product_template template ON template.id = product.product_tmpl_id
         LEFT JOIN aftersales_request request ON request.id = repair.aftersales_request_id
         LEFT JOIN aftersales_claim claim ON claim.id = repair.aftersales_claim_id
         LEFT JOIN (
                   SELECT repair_id,
                          SUM(amount_cost) AS amount_cost,
                          SUM(CASE WHEN payer = 'company' THEN amount_cost END)
                              AS amount_company,
                          SUM(amount_charged) AS amount_charged,
                          SUM(amount_recoverable) AS amount_recoverable
                     FROM (%(costs)s) line
                 GROUP BY repair_id
                   ) cost ON cost.repair_id = repair.id
             WHERE repair.aftersales_is_service AND repair.state != 'cancel'
            """,
            arrived=SQL("COALESCE(repair.aftersales_date_arrived, repair.aftersales_date_begun)"),
            handed_back=SQL(
                "COALESCE(repair.aftersales_date_handed_back, repair.aftersales_date_repaired)"
            ),
            costs=self.env["aftersales.cost.analysis"]._table_query,
        )
