"""The selections of the coverage rules, said once for every model that shows them.

The values are those of ``logic``; the labels are translated with the fields that use them.
"""

START_EVENTS = [
    ("order", "Order confirmation"),
    ("shipping", "Shipping"),
    ("delivery", "Delivery"),
    ("invoice", "Purchase (invoice)"),
    ("acceptance", "Acceptance"),
    ("delivery_acceptance", "Later of delivery and acceptance"),
    ("handover", "Hand-over for use"),
    ("commissioning", "Commissioning"),
]
FOLLOWS_PREVIOUS = ("previous", "End of the previous phase")
LENGTH_UNITS = [("day", "Days"), ("month", "Months"), ("year", "Years"), ("lifetime", "Lifetime")]
PHASES = [
    ("warranty", "Warranty"),
    ("maintenance", "Free maintenance"),
    ("extension", "Extended warranty"),
    ("aftercare", "Paid care"),
]
OUT_OF_COVER = ("out", "Out of cover")
COST_TYPES = [
    ("labour", "Labour"),
    ("part", "Parts"),
    ("travel", "Travel"),
    ("freight", "Freight"),
    ("duty", "Duty and taxes"),
    ("sundry", "Sundries"),
]
PAYERS = [
    ("company", "We"),
    ("customer", "Customer"),
    ("third_party", "Third party"),
    ("supplier", "Supplier"),
]
PRICE_BASES = [
    ("free", "Free"),
    ("cost", "Cost price"),
    ("list", "List price"),
    ("less", "List price less %"),
]
RESULTS = [
    ("covered", "Covered"),
    ("partly", "Partly covered"),
    ("not_covered", "Not covered"),
    ("undetermined", "Undetermined"),
]
COVERAGE_STATES = [
    ("none", "No promise"),
    ("not_started", "Not started"),
    ("covered", "Covered"),
    ("expiring", "Ends soon"),
    ("expired", "Out of cover"),
]
CHANNELS = [
    ("phone", "Phone"),
    ("email", "E-mail"),
    ("web", "Web"),
    ("scan", "Scan"),
    ("visit", "Visit"),
    ("sms", "SMS"),
    ("wechat", "WeChat"),
    ("qq", "QQ"),
    ("kakao", "KakaoTalk"),
    ("fax", "Fax"),
    ("letter", "Letter"),
    ("shop", "Shop"),
    ("chat", "Chat"),
    ("social", "Social media"),
    ("other", "Other"),
]
#: States in which nothing more is to be done about a request.
FINISHED = ("resolved", "closed", "cancelled")

RUNGS = [
    ("phone", "Phone"),
    ("remote", "Remote"),
    ("on_site", "On site"),
    ("mail_in", "Mail-in"),
    ("workshop", "Workshop"),
    ("factory", "Factory"),
]
OUTCOMES = [
    ("solved", "Solved"),
    ("next", "Goes on"),
    ("declined", "Declined"),
    ("no_answer", "No answer"),
]

RULINGS = [
    ("approved", "Approved"),
    ("rejected", "Rejected"),
    ("goodwill", "Goodwill"),
    ("refused", "Refused"),
]
DAY_KINDS = [("closed", "Day off"), ("working", "Working")]

MILESTONES = [
    ("response", "First response"),
    ("on_site", "On site"),
    ("quote", "Quotation"),
    ("plan", "Plan or proposal"),
    ("loaner", "Loaner"),
    ("resolution", "Solution"),
    ("refund", "Refund"),
    ("callback", "Call back"),
]
TARGET_UNITS = [
    ("minute", "Minutes"),
    ("hour", "Hours"),
    ("day", "Calendar days"),
    ("working_minute", "Working minutes"),
    ("working_hour", "Working hours"),
    ("working_day", "Working days"),
]
CLOCK_STARTS = [
    ("reported", "Report"),
    ("unit_arrived", "Unit arrived"),
    ("consent", "Customer's consent"),
    ("repair_begun", "Repair begun"),
    ("appointment", "Appointment the customer set"),
]
PRIORITIES = [("0", "Normal"), ("1", "High"), ("2", "Urgent")]
ZONES = [
    ("city", "Same city"),
    ("province", "Same province"),
    ("other", "Other province"),
    ("distant", "Distant"),
]
JOB_SIZES = [("small", "Small"), ("large", "Large")]
PART_ORIGINS = [("domestic", "Domestic"), ("foreign", "Foreign")]
CLOCK_STATES = [
    ("waiting", "Not started"),
    ("running", "Running"),
    ("paused", "Paused"),
    ("met", "Met"),
    ("failed", "Met late"),
    ("cancelled", "Cancelled"),
]
URGENCIES = [
    ("ok", "In time"),
    ("watch", "Half used"),
    ("risk", "At risk"),
    ("breached", "Overdue"),
]
PARTIES = [
    ("company", "Us"),
    ("customer", "Customer"),
    ("supplier", "Supplier"),
    ("third_party", "Third party"),
]
ROLES = [
    ("responsible", "Responsible"),
    ("leader", "Team leader"),
    ("quality", "Quality"),
    ("manager", "Service manager"),
    ("chief_engineer", "Chief engineer"),
    ("emergency", "Emergency team"),
]
REPAIR_PLACES = [
    ("workshop", "Workshop"),
    ("on_site", "On site"),
    ("mail_in", "Mail-in"),
    ("factory", "Factory"),
]
REPAIR_PLAN_NEEDS = [
    ("none", "Not needed"),
    ("large", "For large jobs"),
    ("always", "For every job"),
]
REPEAT_SCOPES = [
    ("none", "Not watched"),
    ("same_fault", "Same fault"),
    ("listed_fault", "Any listed fault"),
    ("any_fault", "Any fault"),
]
#: Whose fault it is that a repair has to be repeated.
REPEAT_RESPONSIBILITIES = [
    ("technician", "Our work"),
    ("diagnosis", "Our diagnosis"),
    ("part", "The part we fitted"),
    ("customer", "Customer"),
    ("third_party", "Third party"),
    ("nobody", "Nobody: another cause"),
]
#: How a damage done during a repair is settled with the customer (C53).
DAMAGE_SETTLEMENTS = [
    ("compensate", "Compensated"),
    ("make_good", "Made good by us"),
    ("waive", "Nothing is asked"),
]
SEVERITIES = [("none", "None"), ("light", "Light"), ("heavy", "Heavy")]
SEALS = [("intact", "Intact"), ("broken", "Broken"), ("missing", "None there")]
OLD_PARTS = [
    ("back", "Back to the customer"),
    ("keep", "Kept by us"),
    ("scrap", "Scrapped"),
]
ALARM_LEVELS = [("month", "Month"), ("quarter", "Quarter"), ("year", "Year")]
CONSENT_KINDS = [
    ("estimate", "Estimate"),
    ("ceiling", "Go ahead up to"),
    ("added", "Added work"),
    ("material", "Materials"),
    ("plan", "Repair plan"),
    ("contract", "Repair contract"),
    ("remote", "Remote access"),
]
CONSENT_ANSWERS = [
    ("given", "Agreed"),
    ("refused", "Refused"),
    ("expired", "No answer in time"),
    ("withdrawn", "Withdrawn"),
]
ESTIMATE_STATES = [
    ("none", "No estimate"),
    ("quoted", "Being quoted"),
    ("sent", "Sent"),
    ("seen", "Seen"),
    ("approved", "Approved"),
    ("rejected", "Rejected"),
    ("expired", "Expired"),
]
CONSENT_CHANNELS = [
    ("portal", "Portal"),
    ("phone", "Phone"),
    ("email", "E-mail"),
    ("person", "In person"),
    ("paper", "On paper"),
    ("chat", "Chat"),
    ("system", "Automatically"),
]
REPAIR_STEPS = [
    ("arrival", "Expected"),
    ("diagnosis", "Diagnosis"),
    ("consent", "Customer's answer"),
    ("parts", "Parts"),
    ("work", "Repair"),
    ("test", "Test"),
    ("hand_back", "Hand back"),
    ("wrap_up", "Wrap up"),
    ("closed", "Closed"),
    ("cancelled", "Cancelled"),
]
GRAVITIES = [("minor", "Minor"), ("major", "Major")]
GOAL_MEASURES = [
    ("major_complaint", "Major complaints per job"),
    ("repeat", "Repeat repairs per job"),
    ("first_time_fix", "Jobs fixed the first time"),
    ("in_time", "Promises kept in time"),
    ("satisfied", "Satisfied customers"),
]


def label(record, field, value):
    """The label of a selection value in the user's language."""
    return dict(record._fields[field]._description_selection(record.env)).get(value, value)
