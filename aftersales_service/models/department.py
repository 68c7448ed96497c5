from odoo import fields, models


class AftersalesDepartment(models.Model):
    """A part of the company that takes a share of a job: production, design, quality (C47)."""

    _name = "aftersales.department"
    _description = "Department"
    _order = "sequence, name, id"
    _check_company_auto = True

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        "res.company", help="Leave empty for a department of every company.", index=True
    )
    manager_id = fields.Many2one(
        "res.users",
        domain="[('share', '=', False)]",
        help="Is responsible for its tasks, and hears of objections it has to settle.",
    )

    def _find_settler(self, record):
        """The first who may read ``record`` of those who settle something about it.

        The managers of these departments, then the company's after-sales manager, then whoever is
        responsible for the record; nobody is called to a document that stays closed to them.
        """
        company = record.company_id.sudo()
        callers = (*self.sudo().mapped("manager_id"), company.aftersales_manager_id, record.user_id)
        for user in callers:
            allowed = company in user.company_ids
            if user.active and allowed and record.with_user(user).has_access("read"):
                return user
        return self.env["res.users"]
