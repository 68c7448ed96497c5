from . import portal, quotation
