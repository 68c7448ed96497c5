from . import claim_ruling, holiday_load, order_terms, plan_library, unit_transfer
