"""Tests of the rules: pytest and hypothesis, no Odoo and no database."""
