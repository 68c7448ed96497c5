from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

#: What the customer's technicians confirmed: other words mean another plan.
PLANNED = frozenset({"name", "department_id", "needs_check"})
#: Who did what, and when: follows from the buttons, nobody enters it.
STAMPS = frozenset({"checked_by_id", "date_checked", "done_by_id", "date_done"})


class AftersalesRepairTask(models.Model):
    """One department's share of a complex repair, and the check of what it puts in (C47).

    1. To do; where material is needed, quality supervision checks it first (R27.04).
    2. Done, or cancelled. Open tasks hold up the end of the repair.
    """

    _name = "aftersales.repair.task"
    _description = "Task of a Repair"
    _order = "repair_id, sequence, id"
    _check_company_auto = True

    repair_id = fields.Many2one(
        "repair.order", required=True, ondelete="cascade", index=True, check_company=True
    )
    company_id = fields.Many2one(related="repair_id.company_id", store=True, precompute=True)
    sequence = fields.Integer(default=10)
    name = fields.Char(string="Task", required=True)
    department_id = fields.Many2one(
        "aftersales.department", check_company=True, index="btree_not_null", ondelete="restrict"
    )
    user_id = fields.Many2one(
        "res.users",
        string="Responsible",
        compute="_compute_user_id",
        store=True,
        readonly=False,
        precompute=True,
        domain="[('share', '=', False)]",
        index="btree_not_null",
    )
    date_deadline = fields.Date(string="Deadline", index="btree_not_null")
    needs_check = fields.Boolean(
        string="Material Check", help="Materials and parts are checked before they are built in."
    )
    material_result = fields.Selection(
        [("passed", "Passed"), ("failed", "Failed")], string="Material", copy=False
    )
    checked_by_id = fields.Many2one("res.users", string="Checked by", readonly=True, copy=False)
    date_checked = fields.Datetime(string="Checked on", readonly=True, copy=False)
    state = fields.Selection(
        [("todo", "To do"), ("done", "Done"), ("cancelled", "Cancelled")],
        string="Status",
        default="todo",
        required=True,
        copy=False,
        index=True,
    )
    done_by_id = fields.Many2one("res.users", string="Done by", readonly=True, copy=False)
    date_done = fields.Datetime(string="Done on", readonly=True, copy=False)
    note = fields.Char(string="Remark")
    partner_id = fields.Many2one(related="repair_id.partner_id", string="Customer")
    product_id = fields.Many2one(related="repair_id.product_id")

    @api.depends("department_id")
    def _compute_user_id(self):
        for task in self:
            task.user_id = task.user_id or task.department_id.sudo().manager_id

    # === CRUD === #

    @api.model_create_multi
    def create(self, vals_list):
        self._refuse_forged(vals_list)
        tasks = super().create(vals_list)
        tasks._refuse_on_cancelled_repairs()
        tasks.repair_id._aftersales_change_plan()
        return tasks

    def write(self, vals):
        self._refuse_forged([vals])
        self._refuse_on_cancelled_repairs()
        if vals.get("state") == "done":
            self._refuse_unchecked(vals)
        changed = self._find_changed(vals)
        res = super().write(vals | self._stamp(vals))
        changed.repair_id._aftersales_change_plan()
        return res

    def unlink(self):
        repairs = self.repair_id
        res = super().unlink()
        repairs._aftersales_change_plan()
        return res

    def _refuse_forged(self, vals_list):
        if not self.env.su and any(STAMPS & vals.keys() for vals in vals_list):
            raise AccessError(
                self.env._("Who did or checked a task follows from its buttons. Use them instead.")
            )

    def _refuse_on_cancelled_repairs(self):
        cancelled = self.repair_id.filtered(lambda repair: repair.state == "cancel")
        if cancelled:
            raise UserError(
                self.env._("%s is cancelled. Its tasks no longer change.", cancelled[0].name)
            )

    def _refuse_unchecked(self, vals):
        result = vals.get("material_result")
        for task in self.filtered("needs_check"):
            if (result or task.material_result) != "passed":
                raise UserError(
                    self.env._(
                        "The material of “%(task)s” of %(repair)s did not pass its check yet. "
                        "Check it first.",
                        task=task.name,
                        repair=task.repair_id.name,
                    )
                )

    def _find_changed(self, vals):
        """Those that will not be what was confirmed any longer."""
        words = PLANNED & vals.keys()
        state = vals.get("state")
        return self.filtered(
            lambda task: (
                any((task._read_word(name) or False) != (vals[name] or False) for name in words)
                or (state and state != task.state and "cancelled" in (state, task.state))
            )
        )

    def _read_word(self, name):
        return self.department_id.id if name == "department_id" else self[name]

    def _stamp(self, vals):
        """Who did or checked it, and when; taken back with the result itself."""
        stamps = {}
        for fact, is_met, who, when in (
            ("state", vals.get("state") == "done", "done_by_id", "date_done"),
            (
                "material_result",
                bool(vals.get("material_result")),
                "checked_by_id",
                "date_checked",
            ),
        ):
            if fact in vals:
                stamps[who] = is_met and self.env.uid
                stamps[when] = is_met and fields.Datetime.now()
        return stamps

    # === ACTIONS === #

    def action_done(self):
        self.filtered(lambda task: task.state != "done").write({"state": "done"})

    def action_cancel(self):
        self.filtered(lambda task: task.state == "todo").write({"state": "cancelled"})

    def action_reopen(self):
        self.filtered(lambda task: task.state != "todo").write({"state": "todo"})

    def action_pass(self):
        """Materials and parts are as they should be."""
        self.write({"material_result": "passed"})

    def action_fail(self):
        """Nothing of this is built in; what was done with it is open again."""
        self.write({"material_result": "failed"})
        self.filtered(lambda task: task.state == "done").write({"state": "todo"})

    # === RULES === #

    def _get_obstacles(self):
        """What hinders handing back a repair with these tasks, as sentences."""
        sentences = []
        for task in self.filtered(lambda task: task.state != "cancelled"):
            if task.needs_check and task.material_result == "failed":
                sentences.append(
                    self.env._(
                        "The material of “%s” failed its check. Replace it, and check again.",
                        task.name,
                    )
                )
            elif task.needs_check and not task.material_result:
                sentences.append(self.env._("The material of “%s” was not checked.", task.name))
            elif task.state == "todo":
                sentences.append(self.env._("The task “%s” is still open.", task.name))
        return sentences
