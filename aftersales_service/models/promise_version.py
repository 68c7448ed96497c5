from odoo import api, fields, models
from odoo.exceptions import UserError


class AftersalesPromiseVersion(models.AbstractModel):
    """The wording of a policy at one moment, as it was promised to somebody.

    Every kind of policy keeps its own; these add ``policy_id``, and an index that makes a digest
    unique in it.
    """

    _name = "aftersales.promise.version"
    _description = "Frozen Wording of a Policy"

    digest = fields.Char(required=True)
    payload = fields.Json(required=True)
    summary = fields.Text(compute="_compute_summary", string="In Words")

    @api.depends_context("lang")
    @api.depends("payload")
    def _compute_summary(self):
        Policy = self.env[self._fields["policy_id"].comodel_name]
        for version in self:
            version.summary = Policy._describe_promise(version.payload)

    def write(self, vals):
        if vals.keys() & {"policy_id", "digest", "payload"}:
            raise UserError(
                self.env._("What was promised cannot be edited. Change the policy instead.")
            )
        return super().write(vals)

    @api.model
    def _refuse_promised(self, records):
        """Refuse to delete what something promised names: a component, cause, fault…"""
        kind = records._name.removeprefix("aftersales.")
        for version in self.sudo().search([("digest", "!=", False)]):
            promised = records.browse(version._get_names(kind) & set(records.ids))
            if promised:
                raise UserError(
                    self.env._(
                        "%(name)s is part of what “%(policy)s” promised. Archive it instead.",
                        name=promised[0].display_name,
                        policy=version.policy_id.name,
                    )
                )

    def _get_names(self, kind):
        """Ids of the records of a kind (the model's name after its prefix) that it names."""
        raise NotImplementedError
