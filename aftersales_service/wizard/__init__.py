from . import (
    claim_ruling,
    order_terms,
    plan_library,
    request_merge,
    request_promise,
    unit_transfer,
)
