import base64

from reportlab.graphics.barcode import createBarcodeDrawing

from odoo import models

from .vocabulary import label


class AftersalesReturn(models.Model):
    """What is printed and written about a return."""

    _inherit = "aftersales.return"

    def _get_barcode(self):
        """The number as a picture to scan, ready for the ``src`` of an image."""
        self.ensure_one()
        # as a drawing: bars stay sharp at every size, and no renderer of pictures is needed
        drawing = createBarcodeDrawing("Code128", value=self.name, width=400, height=80)
        picture = drawing.asString("svg")
        if isinstance(picture, str):
            picture = picture.encode()
        return f"data:image/svg+xml;base64,{base64.b64encode(picture).decode()}"

    def _get_lines_to_print(self):
        """What comes back: all but what was refused."""
        self.ensure_one()
        return self.line_ids.filtered(lambda line: line.status not in ("refused", "cancelled"))

    def _get_refused_lines(self):
        self.ensure_one()
        return self.line_ids.filtered("is_refused")


class AftersalesReturnLine(models.Model):
    _inherit = "aftersales.return.line"

    def _get_outcome_in_words(self):
        """What the customer got, as far as it is known."""
        self.ensure_one()
        return label(self, "outcome", self.outcome) if self.outcome else ""
