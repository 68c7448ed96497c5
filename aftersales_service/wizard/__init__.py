from . import (
    claim_ruling,
    consent_answer,
    holiday_load,
    order_terms,
    plan_library,
    request_merge,
    request_pause,
    request_promise,
    request_retarget,
    unit_transfer,
)
