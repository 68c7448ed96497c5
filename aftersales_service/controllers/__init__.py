from . import portal, quotation, return_portal
