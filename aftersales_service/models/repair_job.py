from odoo import api, fields, models
from odoo.exceptions import UserError

from .local_time import format_minute
from .vocabulary import label


class RepairOrder(models.Model):
    """The last gate: a job is closed when everything its plan demands is there (C49)."""

    _inherit = "repair.order"

    aftersales_date_closed = fields.Datetime(
        string="Closed", copy=False, readonly=True, tracking=True, index="btree_not_null"
    )
    aftersales_checklist_html = fields.Html(
        string="What Is Needed", compute="_compute_aftersales_checklist_html", sanitize=False
    )

    # === CLOSING === #

    def action_aftersales_close(self):
        """Close finished jobs of which nothing is missing; a rework closes what it goes on with.

        Raises UserError that names everything that is missing.
        """
        self.check_access("write")
        fresh = self.filtered(lambda repair: not repair.aftersales_date_closed)
        for repair in fresh:
            if repair.state != "done":
                raise UserError(
                    self.env._(
                        "%(repair)s is “%(state)s”. Finish the repair before closing the job.",
                        repair=repair.name,
                        state=label(repair, "state", repair.state),
                    )
                )
        fresh._aftersales_refuse_obstacles("close")
        # superuser: the date is this button's alone
        fresh.sudo().write({"aftersales_date_closed": fields.Datetime.now()})
        origins = fresh.aftersales_rework_of_id
        if origins := origins.filtered(lambda repair: not repair.aftersales_date_closed):
            origins.action_aftersales_close()

    def action_aftersales_reopen(self):
        """Something is to be put right after all: the job is open again."""
        self.check_access("write")
        for repair in self.filtered("aftersales_date_closed"):
            request = repair.sudo().aftersales_request_id
            if request.state in ("closed", "cancelled"):
                raise UserError(
                    self.env._(
                        "%(request)s, which %(repair)s was made for, is over. Reopen the request "
                        "first.",
                        request=request.name,
                        repair=repair.name,
                    )
                )
            if rework := repair._aftersales_get_rework().filtered("aftersales_date_closed"):
                raise UserError(
                    self.env._(
                        "%(rework)s goes on with %(repair)s. Reopen that one.",
                        rework=rework.name,
                        repair=repair.name,
                    )
                )
            repair.sudo().write({"aftersales_date_closed": False})

    def _aftersales_get_obstacles(self, gate):
        """A repair that is reworked waits for its rework."""
        obstacles = super()._aftersales_get_obstacles(gate)
        if gate != "close":
            return obstacles
        rework = self._aftersales_get_rework()
        if rework and not rework.aftersales_date_closed:
            obstacles.append(self.env._("Its rework %s is not closed yet.", rework.name))
        elif not rework and self._aftersales_is_still_here():
            obstacles.append(self.env._("The unit is still with us. Hand it back to the customer."))
        return obstacles

    def _aftersales_is_still_here(self):
        """Whether the customer's unit came here and has not gone back."""
        returned = self.sudo().aftersales_unit_id.state == "returned"
        return returned and not self._aftersales_get_handed_back()

    # === CHECKLIST === #

    @api.depends_context("lang", "tz", "uid")
    @api.depends("state", "aftersales_date_closed", "aftersales_test_state", "aftersales_solution")
    def _compute_aftersales_checklist_html(self):
        for repair in self:
            stored = repair._origin
            served = stored.aftersales_is_service and stored.state != "cancel"
            gates = stored._aftersales_get_checklist() if served else []
            repair.aftersales_checklist_html = gates and self.env["ir.qweb"]._render(
                "aftersales_service.repair_checklist", {"gates": gates}
            )

    def _aftersales_get_checklist(self):
        """The three gates in words: dicts of title, since (when it was passed), done, missing."""
        self.ensure_one()
        gates = (
            ("start", self.env._("Start"), self._aftersales_get_begun()),
            ("hand_back", self.env._("Hand back"), self._aftersales_get_handed_back()),
            ("close", self.env._("Close"), self.aftersales_date_closed),
        )
        return [
            {
                "name": gate,
                "title": title,
                "since": since and self._aftersales_word_own(since),
                "done": self._aftersales_get_proofs(gate),
                # what was passed is over, but a test that fails afterwards is told all the same
                "missing": [] if since and gate == "start" else self._aftersales_get_missing(gate),
            }
            for gate, title, since in gates
        ]

    def _aftersales_get_missing(self, gate):
        return [] if self.aftersales_date_closed else self._aftersales_get_obstacles(gate)

    def _aftersales_get_begun(self):
        begun = self.state in ("under_repair", "done")
        return begun and (self.aftersales_date_begun or self.create_date)

    def _aftersales_word_own(self, at):
        zone = self.env.context.get("tz") or self.env.user.tz or self._aftersales_get_zone()
        return format_minute(self.env, at, zone)

    def _aftersales_get_proofs(self, gate):
        proofs = super()._aftersales_get_proofs(gate)
        if gate != "start" and self.aftersales_test_state == "passed":
            proofs.append(self.env._("The quality test is passed."))
        return proofs + (self._aftersales_get_closing_proofs() if gate == "close" else [])

    def _aftersales_get_closing_proofs(self):
        """What there is of report, signatures and survey."""
        proofs = []
        if not self._aftersales_get_missing_facts():
            proofs.append(self.env._("Cause and solution are written down."))
        if self.aftersales_date_technician_signed:
            proofs.append(
                self.env._("Signed by the technician, %s.", self.aftersales_technician_signed_by)
            )
        if self.aftersales_date_signed:
            proofs.append(self.env._("Signed for the customer by %s.", self.aftersales_signed_by))
        if self.aftersales_satisfaction in ("satisfied", "not_satisfied"):
            proofs.append(
                self.env._(
                    "The customer's answer: %s.",
                    label(self, "aftersales_satisfaction", self.aftersales_satisfaction),
                )
            )
        return proofs
