from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from ..logic import returns as rules
from .return_status import LINE_OVER
from .return_vocabulary import OUTCOMES
from .vocabulary import label

#: Outcomes that give the customer nothing that has to be promised.
ALWAYS_OPEN = ("back", "none")
#: Questions that are answered when the goods are here: they may come although these are open.
ANSWERED_BY_INSPECTION = ("fault_needed", "warranty_open")
SHEET = "inspection_sheet"
#: How many lines a form explains at once.
SHOWN = 5
ICONS = {
    "allowed": "fa-check text-success",
    "open": "fa-hourglass-half text-warning",
    "refused": "fa-times text-danger",
    "none": "fa-question text-muted",
}


class AftersalesReturnLine(models.Model):
    """What the promise says to each wish, our proposal, and what a manager grants beside it."""

    _inherit = "aftersales.return.line"

    answers = fields.Json(
        readonly=True,
        copy=False,
        help="What the promise said when it was asked last, and why.",
    )
    date_asked = fields.Datetime(string="Promise Asked on", readonly=True, copy=False)
    answers_text = fields.Text(string="May Ask for", compute="_compute_answers_text")
    wish_answer = fields.Char(string="Why", compute="_compute_answers_text")
    wish_status = fields.Selection(
        [("allowed", "Yes"), ("open", "Not yet"), ("refused", "No"), ("none", "No promise")],
        string="May Have It",
        compute="_compute_answers_text",
    )
    date_exchange_granted = fields.Date(
        string="Exchange Granted on",
        readonly=True,
        copy=False,
        help="An exchange that is not made in time becomes a refund.",
    )
    proposal = fields.Selection(
        OUTCOMES,
        string="Our Proposal",
        compute="_compute_proposal",
        store=True,
    )

    # === ASKING === #

    def _ask_promise(self):
        """Ask what the customer may have, with all that is known now, and keep the answer."""
        # superuser: answers are asked for, never typed
        lines = self.sudo()
        lines.date_asked = fields.Datetime.now()
        answers = lines._get_answers()
        (lines - lines.concat(*answers)).filtered("answers").answers = False
        for line, answer in answers.items():
            line.answers = answer
        for line in lines.filtered(lambda line: line.outcome == "exchange" and line.date_inspected):
            day = line.return_id._get_local_date(line.date_inspected)
            line.date_exchange_granted = line.date_exchange_granted or day
        lines._follow_outcome()

    def _get_answers(self):
        """``{line: answer}`` of lines whose unit was sold with such a promise.

        An answer has ``rows`` (``remedy``, ``label``, ``status``, ``sentence``, ``reason`` and
        ``missing`` evidence of each), what is ``coming``, and the terms of ``_get_refund_terms``.
        Lines that know the same are asked for together.
        """
        promised = self.filtered("unit_id.remedy_version_id")
        known = {line: line._get_known() for line in promised}
        answers = {}
        for alike in promised.grouped(lambda line: tuple(known[line].items())).values():
            facts = known[alike[0]]
            decisions = alike.unit_id._decide_remedies(**facts)
            for line in alike:
                decision = decisions[line.unit_id]
                answers[line] = {
                    "rows": line._get_rows(decision, facts) + line._get_late_rows(facts),
                    "coming": line.unit_id._explain_coming(decision),
                    **line._get_refund_terms(decision),
                }
        return answers

    def _get_late_rows(self, facts):
        """The refund instead of an exchange that was granted and not made in time (R05.02)."""
        owed = self.date_exchange_granted and not rules.exceeds(self.quantity_replaced, 0)
        if not owed:
            return []
        facts = {**facts, "on": self.unit_id._get_local_date(fields.Datetime.now())}
        decision = self.unit_id._decide_remedies(**facts)[self.unit_id]
        return [row for row in self._get_rows(decision, facts) if row["reason"] == "exchange_late"]

    def _get_rows(self, decision, facts):
        """Every remedy in words, with the reason by which the next step is chosen."""
        names = ("remedy", "label", "status", "sentence")
        said = {remedy.value: answer for remedy, answer in decision.answers.items()}
        return [
            {
                **{name: row[name] for name in names},
                "reason": said[row["remedy"]].reason.value,
                "missing": [evidence.value for evidence in said[row["remedy"]].missing],
            }
            for row in self.unit_id._explain_remedies(decision, **facts)
        ]

    def _get_refund_terms(self, decision):
        """From which price, within how many days, and who bears the freight."""
        answers = {remedy.value: answer for remedy, answer in decision.answers.items()}
        promised = self.unit_id.remedy_version_id.payload
        usual = promised["accessory_refund_basis" if self.component_id else "refund_basis"]
        basis = answers["refund"].basis
        wished = answers.get(self.outcome) or answers.get(self.wish)
        return {
            "basis": basis.value if basis else usual,
            "refund_days": promised["refund_days"],
            "freight": wished.freight.value if wished and wished.freight else False,
            "hints": [hint.value for hint in decision.hints],
        }

    def _get_known(self):
        """What is known of the case, as ``aftersales.unit._decide_remedies`` takes it.

        What the request knows of the same unit counts, too; what the inspection found comes on top.
        """
        order, unit = self.return_id, self.unit_id
        request = order.request_id.filtered(lambda request: request.unit_id == unit)
        known = request._get_remedy_case() if request else {}
        asked = unit._get_local_date(order.date_requested)
        ended = unit.date_ended
        if ended and self.date_goods_back and ended >= asked:
            # this return itself ended its cover: what was asked before is judged as it was then
            day_before = fields.Date.subtract(ended, days=1)
            known |= {"ended": None, "failed": min(known.get("failed") or asked, day_before)}
        own = {
            "on": asked,
            "why": self.why,
            "component": self.component_id or known.get("component"),
            "fault": self.fault_id or known.get("fault"),
            "cause": self.cause_id or known.get("cause"),
            "has_description": bool(self.description) or known.get("has_description", False),
            "batch": self.batch_finding or known.get("batch"),
            "exchange_asked": self.date_exchange_granted or known.get("exchange_asked"),
            "goods_here": rules.exceeds(self.quantity_received, 0),
            "goods_back": self.date_goods_back or None,
            **self._get_inspected_facts(),
        }
        return known | own

    # === ANSWERS === #

    @api.depends("answers", "wish")
    def _compute_answers_text(self):
        for line in self:
            rows = (line.answers or {}).get("rows", [])
            sentences = [f"{row['label']}: {row['sentence']}" for row in rows]
            sentences += (line.answers or {}).get("coming", [])
            line.answers_text = "\n".join(sentences)
            wished = line._get_answer(line.wish)
            line.wish_status = wished["status"] if wished else "none"
            line.wish_answer = wished["sentence"] if wished else False
            if line.date_asked and not wished:
                line.wish_answer = self.env._("Nothing was promised: decide by yourself.")

    def _get_promise_row(self):
        """What the promise says to what is asked for, for people: icon, words and reason."""
        self.ensure_one()
        status, sentence = self.wish_status, self.wish_answer
        title = label(self, "wish_status", status)
        if self.is_refused:
            status, sentence = "refused", self.refusal_reason
            title = self.env._("Refused")
        elif self.is_overridden:
            status = "allowed"
            title = self.env._("Granted by a manager")
            sentence = self.env._(
                "%(user)s: %(reason)s",
                user=self.override_user_id.sudo().name,
                reason=self.override_reason,
            )
        instead = self.outcome and self.outcome != self.wish
        return {
            "goods": self.display_name,
            "wish": label(self, "wish", self.wish),
            "icon": ICONS[status],
            "title": title,
            "sentence": sentence or "",
            "instead": instead and label(self, "outcome", self.outcome),
            "coming": (self.answers or {}).get("coming", []),
        }

    def _get_answer(self, remedy):
        rows = (self.answers or {}).get("rows", [])
        # what was added last counts
        return next((row for row in reversed(rows) if row["remedy"] == remedy), None)

    def _get_allowed(self):
        """Remedies that may be given, or, before the goods are here, for which they may come."""
        rows = (self.answers or {}).get("rows")
        if not rows:
            return {self.wish}
        return {
            row["remedy"]
            for row in rows
            if row["status"] == "allowed" or (not self.date_inspected and self._waits_for_us(row))
        }

    def _waits_for_us(self, row):
        """Only our inspection is missing; a test, a training or a proof must come before."""
        if row["status"] != "open":
            return False
        if row["reason"] == "evidence_missing":
            return row["missing"] == [SHEET]
        return row["reason"] in ANSWERED_BY_INSPECTION

    @api.depends("answers", "wish", "date_inspected", "result", "quantity_accepted")
    def _compute_proposal(self):
        """The wish where it is allowed, else the best that is; goods nobody wants go back."""
        for line in self:
            proposal = rules.propose(line.wish, line._get_allowed())
            if line.date_inspected and (not proposal or line.result == "wrong_item"):
                proposal = rules.Outcome.BACK
            line.proposal = proposal.value if proposal else False

    @api.depends("proposal")
    def _compute_outcome(self):
        """It follows the proposal, unless a manager granted something else."""
        for line in self:
            if not line.is_overridden:
                line.outcome = line.proposal

    def _refuse_unpromised(self):
        """Refuse what the promise refuses, unless a manager granted it."""
        for line in self:
            if problem := line._get_promise_problem():
                raise UserError(problem)

    def _get_promise_problem(self):
        """Why the outcome may not be given, and what to do; False where it may."""
        self.ensure_one()
        if self.is_overridden or self.outcome in ALWAYS_OPEN:
            return False
        rows = (self.answers or {}).get("rows")
        answer = self._get_answer(self.outcome or self.wish)
        if not rows or (answer and (self.outcome or self.wish) in self._get_allowed()):
            return False
        words = {
            "goods": self.display_name,
            "wish": label(self, "wish", self.outcome or self.wish),
            "reason": answer["sentence"] if answer else "",
        }
        if answer and answer["status"] == "open":
            return self.env._(
                "%(goods)s: “%(wish)s” is not decided yet. %(reason)s Do that first, or let a "
                "manager grant it.",
                **words,
            )
        return self.env._(
            "%(goods)s: the promise does not allow “%(wish)s”. %(reason)s Refuse the line with "
            "this reason, agree on something else, or let a manager grant it.",
            **words,
        )

    # === PEOPLE === #

    def action_override(self):
        """Grant what the promise does not allow, with a reason, in a dialog."""
        self.ensure_one()
        return self.return_id._get_dialog(
            "aftersales.return.override",
            self.env._("Grant %s", self.display_name),
            default_line_id=self.id,
            default_outcome=self.outcome or self.wish,
        )

    def _override(self, outcome, reason):
        """A manager grants an outcome; who and why stays on record."""
        if not self.env.user.has_group("aftersales_service.group_aftersales_manager"):
            raise AccessError(
                self.env._("Only an after-sales manager grants what the promise refuses. Ask one.")
            )
        self.check_access("write")
        for line in self:
            if line.status == "settled":
                raise UserError(self.env._("%s is settled already.", line.display_name))
        self.sudo().write(
            {
                "is_overridden": True,
                "override_reason": reason,
                "override_user_id": self.env.uid,
                "date_overridden": fields.Datetime.now(),
                "is_refused": False,
                "refusal_reason": False,
                "outcome": outcome,
            }
        )

    def action_refuse(self):
        """Refuse this line, with the promise's reason or another one, in a dialog."""
        self.ensure_one()
        return self.return_id._get_dialog(
            "aftersales.return.refusal",
            self.env._("Refuse %s", self.display_name),
            default_line_ids=self.ids,
            default_reason=self.wish_answer or "",
        )

    def _refuse(self, reason):
        """These lines do not come back; the rest of the return goes on."""
        self.return_id._refuse_unless_agent()
        self.check_access("write")
        self.return_id._refuse_unless("draft", "submitted")
        self.sudo().write({"is_refused": True, "refusal_reason": reason})


class AftersalesReturn(models.Model):
    _inherit = "aftersales.return"

    promise_html = fields.Html(compute="_compute_promise_html", sanitize=False)
    needs_approval = fields.Boolean(compute="_compute_needs_approval")
    approver_id = fields.Many2one(
        "res.users", string="Approved by", readonly=True, copy=False, tracking=True
    )
    date_approved = fields.Datetime(string="Approved on", readonly=True, copy=False)
    date_refund_due = fields.Date(
        string="Refund Due",
        compute="_compute_date_refund_due",
        store=True,
        index="btree_not_null",
        help="The last day on which the money goes back, as promised.",
    )

    @api.depends_context("lang")
    @api.depends(
        "line_ids.answers",
        "line_ids.date_asked",
        "line_ids.wish",
        "line_ids.outcome",
        "line_ids.is_refused",
        "line_ids.is_overridden",
    )
    def _compute_promise_html(self):
        """What the promise says to each line, the first of them at once."""
        for order in self:
            asked = order.line_ids.filtered("date_asked")
            order.promise_html = bool(asked) and self.env["ir.qweb"]._render(
                "aftersales_service.return_promises",
                {
                    "rows": [line._get_promise_row() for line in asked[:SHOWN]],
                    "more": len(asked) - SHOWN,
                },
            )

    @api.depends("line_ids.answers", "line_ids.is_refused", "date_approved")
    def _compute_needs_approval(self):
        """Some promises hand returns to upper management (R28.06)."""
        for order in self:
            order.needs_approval = not order.date_approved and any(
                "approval" in (line.answers or {}).get("hints", ())
                for line in order.line_ids
                if not line.is_refused
            )

    def action_approve(self):
        """A manager agrees to what the policy hands to upper management."""
        if not self.env.user.has_group("aftersales_service.group_aftersales_manager"):
            raise AccessError(self.env._("Returns are approved by after-sales managers. Ask one."))
        self._refuse_unless("submitted")
        self._record(approver_id=self.env.uid, date_approved=fields.Datetime.now())

    def _refuse_unapproved(self):
        """Managers approve by authorising; others wait for one."""
        for order in self.filtered("needs_approval"):
            if self.env.user.has_group("aftersales_service.group_aftersales_manager"):
                order.action_approve()
            else:
                raise UserError(
                    self.env._(
                        "The policy hands %s to upper management. Let an after-sales manager "
                        "approve it.",
                        order.name,
                    )
                )

    def action_ask_again(self):
        """Ask the promise again, with what is known today."""
        self._refuse_unless("submitted", "authorised", "received", "inspected")
        self.check_access("write")
        self.line_ids.filtered(lambda line: line.status not in LINE_OVER)._ask_promise()

    @api.depends("line_ids.answers", "line_ids.outcome")
    def _compute_freight_payer(self):
        """As the policy says, where it says it of all lines alike; else it stays."""
        for order in self:
            said = {(line.answers or {}).get("freight") for line in order.line_ids} - {None, False}
            agreed = said.pop() if len(said) == 1 else False
            order.freight_payer = agreed or order.freight_payer

    @api.depends(
        "line_ids.answers",
        "line_ids.outcome",
        "line_ids.status",
        "line_ids.date_goods_back",
    )
    def _compute_date_refund_due(self):
        """So many days after the goods are back as the promise says; the earliest counts."""
        for order in self:
            due = [
                fields.Date.add(line.date_goods_back, days=line.answers["refund_days"])
                for line in order.line_ids
                if line.outcome == "refund"
                and line.date_goods_back
                and (line.answers or {}).get("refund_days")
            ]
            order.date_refund_due = min(due, default=False)
