"""``make unit``: the tests of the rules, which need neither Odoo nor a database."""

import os

from . import python_environment
from .layout import ADDON, ROOT, TESTS
from .pytest_run import REFUSE_SKIPPED, run_pytest


def unit(arguments: list[str]) -> int:
    """Run them in less than a second; COV=1 takes half a second more."""
    return with_coverage(arguments) if os.environ.get("COV") else _run(arguments)


def with_coverage(arguments: list[str]) -> int:
    """Run them and demand that they take every branch of the rules."""
    report = "--cov-report=term-missing:skip-covered"
    return _run(
        ["-p", "pytest_cov", f"--cov={ADDON / 'logic'}", "--cov-branch", report, *arguments]
    )


def _run(arguments: list[str]) -> int:
    """Name plugins one by one.

    Looking for all that are installed, Odoo's among them, would take longer than the tests.
    """
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
    }
    plugins = [*REFUSE_SKIPPED, "-p", "_hypothesis_pytestplugin"]
    return run_pytest(
        python_environment.for_odoo(), [*plugins, *arguments, TESTS / "unit"], environment
    )
