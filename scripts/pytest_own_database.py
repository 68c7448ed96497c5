"""A pytest plugin that gives every process of a parallel run a database of its own.

The databases are named like the one of the run, with the name of the process (``_gw0``) behind.
"""

import pytest


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_cmdline_main(config: pytest.Config):
    """Before Odoo's plugin, which connects to what the option says."""
    worker = getattr(config, "workerinput", {}).get("workerid")
    if worker:
        config.option.odoo_database = f"{config.option.odoo_database}_{worker}"
    return (yield)
