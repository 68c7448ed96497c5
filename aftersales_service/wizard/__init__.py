from . import (
    claim_ruling,
    holiday_load,
    order_terms,
    plan_library,
    repair_answer,
    request_merge,
    request_pause,
    request_promise,
    request_retarget,
    unit_transfer,
)
