from odoo import fields, models


class RepairOrder(models.Model):
    """What the customer of a repair agreed to."""

    _inherit = "repair.order"

    aftersales_consent_ids = fields.One2many("aftersales.consent", "repair_id")

    def _aftersales_note_consent(self, kind, answer="given", **values):
        """Record what the customer of these repairs said; returns the rows."""
        # superuser: customers answer on the portal, and jobs on their behalf
        return (
            self.env["aftersales.consent"]
            .sudo()
            .create(
                [
                    {
                        "repair_id": repair.id,
                        "kind": kind,
                        "answer": answer,
                        "partner_id": repair.partner_id.id,
                        **values,
                    }
                    for repair in self
                ]
            )
        )

    def _aftersales_last_answer(self, kind):
        """The latest row of a kind about this repair; empty where nobody was asked."""
        self.ensure_one()
        rows = self.sudo().aftersales_consent_ids.filtered(lambda row: row.kind == kind)
        return rows.sorted(lambda row: (row.date, row.id))[-1:]
