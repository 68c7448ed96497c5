from . import claim_ruling, order_terms, plan_library, unit_transfer
