from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import is_html_empty

from .vocabulary import FINISHED, JOB_SIZES

#: What the customer's technicians were shown follows from the dialogs, nobody types it.
FROM_DIALOGS = frozenset({"aftersales_plan_state", "aftersales_plan_revision"})
#: Parts of the plan that stand on the repair itself.
PLANNED = frozenset({"aftersales_plan_description", "aftersales_plan_attachment_ids"})


class AftersalesPlan(models.Model):
    _inherit = "aftersales.plan"

    coordinator_id = fields.Many2one(
        "aftersales.department",
        string="Coordinating Department",
        check_company=True,
        ondelete="restrict",
        help="Settles the customer's objections to a repair plan. "
        "Leave empty for the company's (R33.04).",
    )


class ResCompany(models.Model):
    _inherit = "res.company"

    aftersales_department_id = fields.Many2one(
        "aftersales.department",
        string="Coordinating Department",
        domain="[('company_id', 'in', (False, id))]",
        help="Settles customers' objections to repair plans, where the service plan names no "
        "other department.",
    )


class RepairOrder(models.Model):
    """The plan of a complex repair, which the customer's technicians confirm (C47).

    1. None: simple jobs start at once.
    2. Draft: its description, drawings and tasks are written.
    3. Sent, then confirmed; or objected, which the coordinating department settles.
    4. Whatever changes of it afterwards makes it a draft again, to be confirmed anew.
    """

    _inherit = "repair.order"

    aftersales_job_size = fields.Selection(
        JOB_SIZES,
        string="Job Size",
        compute="_compute_aftersales_job_size",
        inverse="_inverse_aftersales_job_size",
        store=True,
        readonly=False,
        copy=False,
        tracking=True,
        help="Large jobs may need a plan that the customer confirms.",
    )
    aftersales_needs_plan = fields.Boolean(compute="_compute_aftersales_needs_plan")
    aftersales_plan_state = fields.Selection(
        [
            ("none", "None"),
            ("draft", "Draft"),
            ("sent", "Sent"),
            ("confirmed", "Confirmed"),
            ("objected", "Objected"),
        ],
        string="Repair Plan",
        default="none",
        required=True,
        readonly=True,
        copy=False,
        tracking=True,
        index=True,
    )
    aftersales_plan_revision = fields.Integer(string="Revision", readonly=True, copy=False)
    aftersales_plan_description = fields.Html(
        string="Plan", help="What is done, with which materials, in which order."
    )
    aftersales_plan_attachment_ids = fields.Many2many(
        "ir.attachment",
        "aftersales_repair_plan_attachment_rel",
        "repair_id",
        "attachment_id",
        string="Drawings",
        copy=False,
    )
    aftersales_task_ids = fields.One2many(
        "aftersales.repair.task", "repair_id", string="Tasks", copy=True
    )
    aftersales_coordinator_id = fields.Many2one(
        "aftersales.department",
        string="Coordinated by",
        compute="_compute_aftersales_coordinator_id",
        help="Settles objections of the customer's technicians.",
    )

    @api.depends("aftersales_request_id.job_size")
    def _compute_aftersales_job_size(self):
        """As the request says."""
        for repair in self:
            size = repair.sudo().aftersales_request_id.job_size
            repair.aftersales_job_size = size or repair.aftersales_job_size

    def _inverse_aftersales_job_size(self):
        """What turns out on the bench holds for the case, whose promised times follow."""
        for repair in self.filtered("aftersales_job_size"):
            # superuser: whoever repairs need not see the case
            request = repair.sudo().aftersales_request_id
            if request.state not in FINISHED and request.job_size != repair.aftersales_job_size:
                request.job_size = repair.aftersales_job_size

    @api.depends("aftersales_plan_id.needs_repair_plan", "aftersales_job_size")
    def _compute_aftersales_needs_plan(self):
        for repair in self:
            need = repair.sudo().aftersales_plan_id.needs_repair_plan
            is_large = repair.aftersales_job_size == "large"
            repair.aftersales_needs_plan = need == "always" or (need == "large" and is_large)

    @api.depends("aftersales_plan_id.coordinator_id", "company_id")
    def _compute_aftersales_coordinator_id(self):
        for repair in self:
            plan = repair.sudo().aftersales_plan_id
            company = repair.sudo().company_id
            repair.aftersales_coordinator_id = (
                plan.coordinator_id or company.aftersales_department_id
            )

    # === CRUD === #

    @api.model_create_multi
    def create(self, vals_list):
        self._aftersales_refuse_typed_plan(vals_list)
        repairs = super().create(vals_list)
        if any(PLANNED & {name for name, value in vals.items() if value} for vals in vals_list):
            repairs.filtered(lambda repair: repair._aftersales_has_plan())._aftersales_open_plan()
            repairs._aftersales_share_drawings()
        return repairs

    def write(self, vals):
        self._aftersales_refuse_typed_plan([vals])
        former = {}
        if PLANNED & vals.keys():
            former = {repair: repair._aftersales_get_plan_words() for repair in self}
        res = super().write(vals)
        if former:
            self._aftersales_share_drawings()
            self.filtered(
                lambda repair: repair._aftersales_get_plan_words() != former[repair]
            )._aftersales_change_plan()
        return res

    def _aftersales_refuse_typed_plan(self, vals_list):
        if not self.env.su and any(FROM_DIALOGS & vals.keys() for vals in vals_list):
            raise AccessError(
                self.env._(
                    "What the customer's technicians said of a repair plan is not typed in. "
                    "Use “Record Confirmation”."
                )
            )

    def _aftersales_get_plan_words(self):
        return (self.aftersales_plan_description or "", self.aftersales_plan_attachment_ids.ids)

    def _aftersales_share_drawings(self):
        """Drawings belong to the repair: whoever sees it sees them."""
        for repair in self:
            # superuser: only files that the user brought along, and nobody else's, move
            loose = repair.aftersales_plan_attachment_ids.sudo().filtered(
                lambda file: not file.res_id and file.create_uid == self.env.user
            )
            loose.write({"res_model": repair._name, "res_id": repair.id})

    # === LIFE OF A PLAN === #

    def _aftersales_has_plan(self):
        """Whether there is anything to confirm."""
        self.ensure_one()
        written = not is_html_empty(self.aftersales_plan_description)
        tasks = self.aftersales_task_ids.filtered(lambda task: task.state != "cancelled")
        return bool(written or tasks or self.aftersales_plan_attachment_ids)

    def _aftersales_open_plan(self):
        fresh = self.filtered(lambda repair: repair.aftersales_plan_state == "none")
        # superuser: the state of a plan follows from what happens to it
        fresh.sudo().write({"aftersales_plan_state": "draft", "aftersales_plan_revision": 1})

    def _aftersales_change_plan(self):
        """The plan is not what it was: a draft again, which the customer has to confirm anew."""
        self._aftersales_open_plan()
        shown = self.filtered(
            lambda repair: repair.aftersales_plan_state in ("sent", "confirmed", "objected")
        )
        for repair in shown:
            was_confirmed = repair.aftersales_plan_state == "confirmed"
            repair.sudo().write(
                {
                    "aftersales_plan_state": "draft",
                    "aftersales_plan_revision": repair.aftersales_plan_revision + 1,
                }
            )
            if was_confirmed:
                repair._message_log(
                    body=self.env._(
                        "The repair plan was changed after the customer confirmed it. "
                        "Revision %s has to be confirmed again.",
                        repair.aftersales_plan_revision,
                    )
                )

    def _aftersales_refuse_plan_step(self):
        """Plans of repairs that are over, or that say nothing, are neither sent nor answered."""
        self.ensure_one()
        if self.state in ("done", "cancel"):
            raise UserError(self.env._("%s is over. Its repair plan no longer changes.", self.name))
        if not self._aftersales_has_plan():
            raise UserError(
                self.env._(
                    "The repair plan of %s is empty. Describe the work, or add its tasks, first.",
                    self.name,
                )
            )

    # === ACTIONS === #

    def action_aftersales_send_plan(self):
        """Open the mail that brings the plan and its drawings to the customer's technicians."""
        self._aftersales_refuse_plan_step()
        template = self.env.ref("aftersales_service.mail_template_repair_plan", False)
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Send Repair Plan"),
            "res_model": "mail.compose.message",
            "view_mode": "form",
            "target": "new",
            "context": {
                "default_model": self._name,
                "default_res_ids": self.ids,
                "default_template_id": template and template.id,
                "default_composition_mode": "comment",
                "default_attachment_ids": self.aftersales_plan_attachment_ids.ids,
                "default_email_layout_xmlid": "mail.mail_notification_light",
                "aftersales_plan_sent": True,
                "force_email": True,
            },
        }

    def message_post(self, **kwargs):
        message = super().message_post(**kwargs)
        if self.env.context.get("aftersales_plan_sent"):
            self._aftersales_send_plan()
        return message

    def _aftersales_send_plan(self):
        """The customer's technicians have the plan before them now."""
        self.filtered(
            lambda repair: repair.aftersales_plan_state in ("none", "draft")
        ).sudo().write({"aftersales_plan_state": "sent"})
        # superuser: technicians need not see the request of a job they work on
        self.sudo().aftersales_request_id._note_fact("date_planned")

    def action_aftersales_answer_plan(self):
        """Record what the customer's technicians said of the plan."""
        self._aftersales_refuse_plan_step()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Answer to the Repair Plan"),
            "res_model": "aftersales.repair.plan.answer",
            "view_mode": "form",
            "target": "new",
            "context": {"default_repair_id": self.id},
        }

    def action_aftersales_revise_plan(self):
        """Write the plan anew, before its tasks change."""
        for repair in self:
            repair._aftersales_refuse_plan_step()
        self._aftersales_change_plan()

    def _aftersales_confirm_plan(self, **consent):
        """The customer's technicians agree; ``consent`` are values of the row that proves it."""
        self._aftersales_refuse_plan_step()
        revision = self.env._("Revision %s", self.aftersales_plan_revision or 1)
        note = " · ".join(filter(None, (revision, consent.pop("note", ""))))
        self._aftersales_open_plan()
        row = self._aftersales_note_consent("plan", note=note, **consent)
        self.sudo().write({"aftersales_plan_state": "confirmed"})
        self.sudo().aftersales_request_id._note_fact("date_planned")
        self.activity_feedback(["aftersales_service.activity_plan_objection"])
        return row

    def _aftersales_object_plan(self, reason, **consent):
        """The customer's technicians object: the coordinating department hears why (R33.04)."""
        self._aftersales_refuse_plan_step()
        self._aftersales_open_plan()
        row = self._aftersales_note_consent("plan", answer="refused", note=reason, **consent)
        self.sudo().write({"aftersales_plan_state": "objected"})
        self._aftersales_call_coordinator(reason)
        return row

    def _aftersales_call_coordinator(self, reason):
        department = self.aftersales_coordinator_id
        user = department._find_settler(self)
        self._message_log(
            body=self.env._(
                "The customer objects to the repair plan: %(reason)s. %(department)s coordinates.",
                reason=reason,
                department=department.sudo().name or self.env._("The workshop"),
            )
        )
        if user:
            self.activity_schedule(
                "aftersales_service.activity_plan_objection",
                user_id=user.id,
                summary=self.env._("Objection to the repair plan"),
                note=reason,
            )

    # === GATES === #

    def _aftersales_get_obstacles(self, gate):
        obstacles = super()._aftersales_get_obstacles(gate)
        if gate != "start" and self.state == "cancel":
            return obstacles  # nothing was repaired: the goods just go back
        if gate != "end" and self.aftersales_needs_plan:
            obstacles += self._aftersales_get_plan_obstacles()
        if gate != "start":
            obstacles += self.aftersales_task_ids._get_obstacles()
        return obstacles

    def _aftersales_get_proofs(self, gate):
        proofs = super()._aftersales_get_proofs(gate)
        if gate == "start" and self.aftersales_plan_state == "confirmed":
            proofs.append(self.env._("The customer confirmed the repair plan."))
        return proofs

    def _aftersales_get_plan_obstacles(self):
        sentences = {
            "none": self.env._("It needs a repair plan. Write one, and have it confirmed."),
            "draft": self.env._("The customer has not confirmed the repair plan. Send it."),
            "sent": self.env._(
                "The repair plan waits for the customer's confirmation. Record the answer."
            ),
            "objected": self.env._(
                "The customer objects to the repair plan. Revise it, and have it confirmed."
            ),
        }
        sentence = sentences.get(self.aftersales_plan_state)
        return [sentence] if sentence else []
