"""Defaults of what only the addon makes, a few for every request."""


def with_own_defaults(model, values):
    """``values``, and the defaults of its fields for what they leave out.

    Odoo also asks, record by record and name by name, what users and the context prefer. They mean
    the form that somebody filled in, never what follows from it.
    """
    own = {
        name: field.default(model)
        for name, field in model._fields.items()
        if field.default and name not in values
    }
    return own | values
