from . import cost_analysis, repair_analysis, service_report
from . import cost_analysis, return_analysis
