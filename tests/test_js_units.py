"""Odoo's runner of JavaScript tests, on ours alone."""

from odoo.tests import HttpCase, no_retry, tagged


def _hash(name):
    """How Hoot calls a suite."""
    result = 0
    for char in name:
        result = ((result << 5) - result + ord(char)) & 0xFFFFFFFF
    return f"{result:08x}"


@tagged("standard", "-at_install", "post_install", "aftersales")
class TestJsUnits(HttpCase):
    @no_retry
    def test_hoot(self):
        suite = _hash("@aftersales_service")
        self.browser_js(
            f"/web/tests?headless&loglevel=2&preset=desktop&timeout=15000&id={suite}",
            "",
            login="admin",
            timeout=600,
            success_signal="[HOOT] Test suite succeeded",
            error_checker=lambda message: "[HOOT]" not in message,
        )
