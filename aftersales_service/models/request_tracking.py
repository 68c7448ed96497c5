from odoo import models

#: Where logs wait while the changes of many requests are gathered.
TOGETHER = "aftersales.request.logs"
GATHERED = {"body", "author_id", "tracking_value_ids"}


class AftersalesRequest(models.Model):
    """What changed in many requests is logged in one batch: Odoo would do it one by one."""

    _inherit = "aftersales.request"

    def _message_track(self, fields_iter, initial_values_dict):
        waiting = self.env.cr.precommit.data
        waiting[TOGETHER] = []
        try:
            tracking = super()._message_track(fields_iter, initial_values_dict)
        finally:
            logs = waiting.pop(TOGETHER)
        self._log_together(logs)
        return tracking

    def _message_log(self, **values):
        logs = self.env.cr.precommit.data.get(TOGETHER)
        if logs is None or values.keys() - GATHERED:
            return super()._message_log(**values)
        self.ensure_one()
        logs.append((self.id, values))
        return self.env["mail.message"]

    def _log_together(self, logs):
        """Write ``[(request id, values of _message_log)]``, each author's in one batch."""
        by_author = {}
        for request_id, values in logs:
            by_author.setdefault(values.get("author_id"), {})[request_id] = values
        changes = []
        for author_id, mine in by_author.items():
            bodies = {request_id: values.get("body", "") for request_id, values in mine.items()}
            messages = self.browse(mine)._message_log_batch(bodies, author_id=author_id)
            for message, values in zip(messages, mine.values(), strict=True):
                changes += [
                    vals | {"mail_message_id": message.id}
                    for _create, _no_id, vals in values.get("tracking_value_ids") or ()
                ]
        # superuser, as are the messages: whoever may change a request may not write its history
        self.env["mail.tracking.value"].sudo().create(changes)
