from . import cost_analysis
