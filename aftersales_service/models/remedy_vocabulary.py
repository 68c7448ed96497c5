"""The selections of the remedy rules; the values are those of ``logic.remedy``."""

REMEDIES = [
    ("refund", "Refund"),
    ("exchange", "Exchange"),
    ("repair", "Repair"),
    ("training", "Training"),
    ("refurbish", "Housing refurbished"),
    ("back", "Goods back as they are"),
]
REMEDY_WHYS = [
    ("quality", "Quality fault"),
    ("no_reason", "No reason"),
    ("dissatisfied", "Dissatisfied"),
    ("not_as_described", "Not as described"),
    ("cannot_use", "Cannot use it"),
]
PURCHASE_CHANNELS = [
    ("distance", "Distance sale"),
    ("shop", "Shop"),
]
REMEDY_PARTS = [
    ("main", "The unit itself"),
    ("accessory", "Accessories"),
]
STEP_UNITS = [("day", "Days"), ("month", "Months")]
WINDOW_ENDS = [
    *STEP_UNITS,
    ("cover", "End of the free cover"),
    ("never", "No end"),
]
#: Who pays freight or work where the policy says it.
REMEDY_PAYERS = [("company", "We"), ("customer", "Customer")]
LADDER_SCOPES = [
    ("same_fault", "Same fault"),
    ("listed_fault", "Any listed fault"),
    ("any_fault", "Any fault"),
]
#: A policy demands each by its field ``needs_…``.
EVIDENCE = ("inspection_sheet", "proof", "description")
INTACT_RULES = [
    ("never", "Not demanded"),
    ("without_fault", "Without a fault: yes"),
    ("always", "Always"),
]
KIND_RULES = [
    ("always", "Always"),
    ("unsealed", "Once unsealed or downloaded"),
    ("confirmed", "If the customer confirmed it at purchase"),
]
REFUND_BASES = [
    ("invoice", "Invoice price"),
    ("standalone", "Price by itself on the day of return"),
]
EXCHANGE_GOODS = [
    ("new", "New"),
    ("refurbished", "New or refurbished"),
]
OTHER_MODELS = [
    ("never", "Same model only"),
    ("consent", "Other model with the customer's consent, no price difference"),
    ("difference", "Other model, the price difference is settled"),
]
FINDINGS = [
    ("confirmed", "Fault confirmed"),
    ("nonconforming", "Does not conform"),
    ("no_fault", "No fault found"),
]
BATCH_FINDINGS = [
    ("same_problem", "Same problem"),
    ("sound", "No problem"),
]
GOODS_CONDITIONS = [
    ("intact", "Intact and complete"),
    ("damaged", "Damaged or incomplete"),
]
REMEDY_STATUSES = [
    ("allowed", "Yes"),
    ("open", "Not yet"),
    ("refused", "No"),
]
