"""Tests of aftersales_service; Odoo's own runner sees the modules imported here."""

if __name__.startswith("odoo.addons."):
    from . import (
        test_calendar_days,
        test_claim_decision,
        test_claim_ruling,
        test_coverage_changes,
        test_js_units,
        test_list_queries,
        test_plan_presets,
        test_request_intake,
        test_request_ladder,
        test_request_merge,
        test_request_repair,
        test_request_routing,
        test_request_tracking,
        test_security_roles,
        test_sla_badges,
        test_sla_clocks,
        test_sla_crash,
        test_sla_escalation,
        test_sla_oracle,
        test_sla_scenarios,
        test_tour_acceptance_ruling,
        test_tour_main_job,
        test_tour_sla,
        test_unit_delivery,
    )
