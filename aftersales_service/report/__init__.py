from . import cost_analysis, repair_analysis, service_report
