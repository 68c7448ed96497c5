from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError


class RepairOrder(models.Model):
    """The device's password and private notes on the form of whoever may read them."""

    _inherit = "repair.order"

    aftersales_may_see_secret = fields.Boolean(compute="_compute_aftersales_may_see_secret")
    aftersales_password = fields.Char(
        string="Device Password",
        compute="_compute_aftersales_secret",
        inverse="_inverse_aftersales_secret",
        copy=False,
        help="Only the technician in charge and managers see it; closing the job deletes it.",
    )
    aftersales_private_note = fields.Text(
        string="Private Notes",
        compute="_compute_aftersales_secret",
        inverse="_inverse_aftersales_secret",
        copy=False,
        help="Only the technician in charge and managers see it; closing the job deletes it.",
    )

    @api.depends_context("uid")
    @api.depends("user_id")
    def _compute_aftersales_may_see_secret(self):
        manager = self.env.user.has_group("aftersales_service.group_aftersales_manager")
        for repair in self:
            repair.aftersales_may_see_secret = manager or repair.user_id == self.env.user

    @api.depends_context("uid")
    @api.depends("user_id")
    def _compute_aftersales_secret(self):
        secrets = self._aftersales_get_secrets()
        by_repair = {secret.repair_id: secret for secret in secrets}
        for repair in self:
            secret = by_repair.get(repair._origin, secrets.browse())
            repair.aftersales_password = secret.password
            repair.aftersales_private_note = secret.note

    def _aftersales_get_secrets(self):
        """Those that the user may read: record rules decide, without an error."""
        Secret = self.env["aftersales.repair.secret"]
        if not Secret.has_access("read"):
            return Secret
        return Secret.search([("repair_id", "in", self._origin.ids)])

    def _inverse_aftersales_secret(self):
        """Keep them as the user: whoever may not read them cannot write them, either."""
        Secret = self.env["aftersales.repair.secret"]
        secrets = {secret.repair_id: secret for secret in self._aftersales_get_secrets()}
        for repair in self:
            values = {
                "password": repair.aftersales_password,
                "note": repair.aftersales_private_note,
            }
            secret = secrets.get(repair, Secret)
            if not any(values.values()):
                secret.unlink()
                continue
            repair._aftersales_refuse_secret()
            if secret:
                secret.write(values)
            else:
                Secret.create({"repair_id": repair.id, **values})

    def _aftersales_refuse_secret(self):
        if not (self.env.su or self.aftersales_may_see_secret):
            raise AccessError(
                self.env._(
                    "Password and private notes of %(repair)s are for %(technician)s and managers. "
                    "Take the repair over first.",
                    repair=self.name,
                    technician=self.user_id.name or self.env._("the technician in charge"),
                )
            )
        if self.state == "cancel":
            raise UserError(
                self.env._(
                    "%s is cancelled: no password is kept for it any longer. Set it back to new "
                    "first.",
                    self.name,
                )
            )

    def _aftersales_forget_secrets(self):
        """The job is over: nobody needs the password any longer."""
        # superuser: whoever ends the job need not be allowed to read what is forgotten
        secrets = self.env["aftersales.repair.secret"].sudo()
        secrets.search([("repair_id", "in", self.ids)]).unlink()
        self.invalidate_recordset(["aftersales_password", "aftersales_private_note"])

    def write(self, vals):
        res = super().write(vals)
        if vals.get("state") == "cancel" or vals.get("aftersales_date_closed"):
            self._aftersales_forget_secrets()
        return res
