from . import cost_analysis, repair_analysis, return_analysis, service_report
