"""The selections of returns; the values of statuses and outcomes are those of ``logic.returns``."""

RETURN_STATES = [
    ("draft", "Draft"),
    ("submitted", "Submitted"),
    ("authorised", "Authorised"),
    ("received", "Received"),
    ("inspected", "Inspected"),
    ("settled", "Settled"),
    ("refused", "Refused"),
    ("cancelled", "Cancelled"),
]
#: Nothing more happens in these.
RETURN_OVER = ("settled", "refused", "cancelled")
LINE_STATUSES = [
    ("asked", "Asked for"),
    ("expected", "Expected"),
    ("partly", "Partly received"),
    ("received", "Received"),
    ("inspected", "Inspected"),
    ("settled", "Settled"),
    ("refused", "Refused"),
    ("cancelled", "Cancelled"),
]
GOODS_STATUSES = [
    ("expected", "Expected"),
    ("partly", "Partly received"),
    ("received", "With us"),
    ("back", "Sent back"),
]
MONEY_STATUSES = [
    ("owed", "To refund"),
    ("requested", "Credit note drafted"),
    ("refunded", "Refunded"),
]
OUTCOMES = [
    ("refund", "Refund"),
    ("exchange", "Exchange"),
    ("repair", "Repair"),
    ("refurbish", "Housing refurbished"),
    ("back", "Back to the customer"),
    ("none", "Nothing for the customer"),
]
DESTINATIONS = [
    ("stock", "Stock"),
    ("scrap", "Scrap"),
    ("supplier", "Supplier"),
]
REST_DESTINATIONS = [
    ("back", "Back to the customer"),
    ("scrap", "Scrap, with the customer's consent"),
]
PRICE_RULES = [
    ("none", "No difference is charged"),
    ("difference", "The difference is settled"),
]
INSPECTION_RESULTS = [
    ("ok", "In order"),
    ("defective", "Fault confirmed"),
    ("nonconforming", "Does not conform"),
    ("no_fault", "No fault found"),
    ("damaged", "Damaged by the customer"),
    ("incomplete", "Incomplete"),
    ("wrong_item", "Wrong item"),
]
SEALS = [
    ("none", "Has none"),
    ("intact", "Intact"),
    ("broken", "Broken"),
]
FREIGHT_PAYERS = [("company", "We"), ("customer", "Customer")]
