from . import cost_analysis, service_report
