from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..logic.batching import Rhythm


class AftersalesBatchRule(models.Model):
    """Which repairs of a plan are collected for a common visit, and how often (C50, R35.04).

    The first rule in order that fits the product counts.
    """

    _name = "aftersales.batch.rule"
    _description = "Rule of Repair Batches"
    _order = "plan_id, sequence, id"
    _check_company_auto = True

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    plan_id = fields.Many2one(
        "aftersales.plan", string="Service Plan", required=True, ondelete="cascade", index=True
    )
    company_id = fields.Many2one(related="plan_id.company_id", store=True, precompute=True)
    categ_id = fields.Many2one(
        "product.category", string="Category", help="Empty: products of every category."
    )
    tag_id = fields.Many2one(
        "product.tag", string="Brand", help="A tag of the product. Empty: every brand."
    )
    every = fields.Integer(string="Every (Months)", default=1, required=True)
    date_first = fields.Date(
        string="First Month",
        required=True,
        default=lambda self: fields.Date.context_today(self).replace(month=1, day=1),
        help="The rhythm counts from this month. Every two months from January: the odd ones.",
    )
    cutoff_day = fields.Integer(
        string="Cut-Off Day",
        default=20,
        required=True,
        help="What is reported until this day, itself included, is still in.",
    )
    visit_day = fields.Integer(
        string="Day of the Visit", help="0: the visit is agreed on for each batch."
    )
    last_month = fields.Date(
        string="Latest Batch", readonly=True, copy=False, help="The latest month collected for."
    )
    batch_ids = fields.One2many("aftersales.repair.batch", "rule_id")

    _rhythm_possible = models.Constraint(
        "CHECK(every BETWEEN 1 AND 120 AND cutoff_day BETWEEN 1 AND 31"
        " AND visit_day BETWEEN 0 AND 31)",
        "A batch comes every 1 to 120 months, and its days lie between 1 and 31.",
    )

    @api.constrains("cutoff_day", "visit_day")
    def _check_visit_day(self):
        for rule in self.filtered("visit_day"):
            if rule.visit_day < rule.cutoff_day:
                raise ValidationError(
                    self.env._(
                        "The visit of “%(rule)s” would be before its cut-off day. Choose day "
                        "%(day)s or later.",
                        rule=rule.name,
                        day=rule.cutoff_day,
                    )
                )

    def _get_rhythm(self):
        """The ``logic.batching.Rhythm`` of this rule."""
        self.ensure_one()
        return Rhythm(self.date_first, self.every, self.cutoff_day)

    def _fits(self, product):
        """Whether this rule is about a product."""
        self.ensure_one()
        if self.tag_id and self.tag_id not in product.all_product_tag_ids:
            return False
        path = product.categ_id.parent_path or ""
        return not self.categ_id or str(self.categ_id.id) in path.split("/")
