from odoo import Command, api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain

from .vocabulary import FINISHED, OUTCOMES, RUNGS, label


class AftersalesRequestStep(models.Model):
    """One rung of the ladder from a telephone call to the factory, and what came of it (C32).

    1. Open: somebody is on it.
    2. Ended by its outcome; only then the next rung begins.
    """

    _name = "aftersales.request.step"
    _description = "Step of a Service Request"
    _order = "date_start, id"
    _rec_name = "rung"
    _check_company_auto = True

    request_id = fields.Many2one(
        "aftersales.request", required=True, ondelete="cascade", index=True, check_company=True
    )
    company_id = fields.Many2one(related="request_id.company_id", store=True, precompute=True)
    rung = fields.Selection(RUNGS, string="Where", required=True, default="phone")
    date_start = fields.Datetime(string="From", required=True, default=fields.Datetime.now)
    date_end = fields.Datetime(
        string="To",
        compute="_compute_date_end",
        store=True,
        readonly=False,
        precompute=True,
    )
    user_id = fields.Many2one(
        "res.users", string="By", default=lambda self: self.env.user, check_company=True
    )
    outcome = fields.Selection(OUTCOMES)
    note = fields.Char()
    is_permitted = fields.Boolean(
        string="Customer Permits",
        help="The customer agreed to remote access to the device.",
    )

    @api.depends("outcome")
    def _compute_date_end(self):
        """A step ends when its outcome is known; one without an outcome goes on."""
        now = fields.Datetime.now()
        for step in self:
            step.date_end = step.outcome and (step.date_end or max(now, step.date_start or now))

    # === RULES === #

    @api.constrains("request_id", "outcome")
    def _check_one_open(self):
        groups = self._read_group(
            Domain("request_id", "in", self.request_id.ids) & Domain("outcome", "=", False),
            ["request_id"],
            ["id:recordset"],
        )
        for request, steps in groups:
            if len(steps) > 1:
                first = steps.sorted(lambda step: (step.date_start, step.id))[0]
                raise ValidationError(
                    self.env._(
                        "%(request)s is still at “%(rung)s”. Say what came of it before it goes on "
                        "elsewhere.",
                        request=request.name,
                        rung=label(first, "rung", first.rung),
                    )
                )

    @api.constrains("date_start", "date_end")
    def _check_dates(self):
        for step in self:
            if step.date_end and step.date_end < step.date_start:
                raise ValidationError(
                    self.env._(
                        "A step of %(request)s ends before it begins. Correct its times.",
                        request=step.request_id.name,
                    )
                )

    @api.constrains("rung", "is_permitted")
    def _check_permission(self):
        for step in self:
            if step.rung == "remote" and not step.is_permitted:
                raise ValidationError(
                    self.env._(
                        "Remote service needs the customer's permission. Ask on the telephone and "
                        "tick “Customer Permits” for %(request)s.",
                        request=step.request_id.name,
                    )
                )

    @api.ondelete(at_uninstall=False)
    def _unlink_except_ended(self):
        """What came of a step stays on record; one that never was has no outcome."""
        if ended := self.filtered("outcome")[:1]:
            raise UserError(
                self.env._(
                    "“%(rung)s” of %(request)s has an outcome and stays on record. Correct the "
                    "step instead of deleting it.",
                    rung=label(ended, "rung", ended.rung),
                    request=ended.request_id.name,
                )
            )

    # === STEPS TYPED ANEW === #

    def _recognise(self, commands):
        """The commands of one save, where a step deleted and typed anew is the same step.

        The first one deleted at the same rung is meant; ``self`` are the steps there are.
        """
        deletes = (Command.DELETE, Command.UNLINK)
        gone = self & self.browse(command[1] for command in commands if command[0] in deletes)
        known, kept = [], self.browse()
        for command in commands:
            same = kept.browse()
            if command[0] == Command.CREATE:
                rung = command[2].get("rung", "phone")
                same = (gone - kept).filtered(lambda step, rung=rung: step.rung == rung)[:1]
            if same:
                kept += same
                command = Command.update(same.id, same._get_corrections(command[2]))
            known.append(command)
        return [
            command for command in known if command[0] not in deletes or command[1] not in kept.ids
        ]

    def _get_corrections(self, values):
        """What typing this step anew changes: what was said, not what the row began with.

        A new row begins now, by whoever types, without an outcome; that is no correction.
        """
        said = {name: value for name, value in values.items() if value and name != "rung"}
        begun = fields.Datetime.to_datetime(said.pop("date_start", False))
        if begun and begun < self.date_start:
            said["date_start"] = begun
        if said.get("user_id") == self.env.uid:
            said.pop("user_id")
        if said.get("outcome", self.outcome) == self.outcome:
            said.pop("date_end", None)
        return said

    @api.model_create_multi
    def create(self, vals_list):
        steps = super().create(vals_list)
        for step in steps:
            if step.request_id.state in FINISHED:
                raise UserError(
                    self.env._(
                        "%(request)s is finished. Reopen it to go on with it.",
                        request=step.request_id.name,
                    )
                )
        return steps
