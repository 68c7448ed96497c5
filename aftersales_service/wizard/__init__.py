from . import claim_ruling, order_terms, plan_library, request_promise, unit_transfer
