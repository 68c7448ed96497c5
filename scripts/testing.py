"""``make test`` and ``make pytest``: tests in a fresh database with our addon."""

import os
import re
from pathlib import Path

from . import databases, system_packages, unit_tests
from .layout import ROOT, TESTS, caller_path
from .odoo import Odoo
from .pytest_run import REFUSE_SKIPPED, run_pytest

#: More of them wait for each other's database server, and for the browser.
MOST_PROCESSES = 4


def everything(arguments: list[str]) -> int:
    """Run all tests and refuse a run in which one was skipped."""
    odoo = databases.ready_odoo(*system_packages.FOR_PAGES)
    status = unit_tests.with_coverage([])
    if status:
        return status
    selection = [*REFUSE_SKIPPED, *arguments, TESTS, f"--ignore={TESTS / 'unit'}"]
    processes = min(os.cpu_count() or 1, MOST_PROCESSES)
    # the classes side by side; pytest-odoo gives each process a database of its own
    spread = ["-n", str(processes), "--dist", "loadscope", "--no-loadscope-reorder"]
    return _run_with_odoo(odoo, [*spread, *selection])


def chosen_files(arguments: list[str]) -> int:
    """Run the named test files, which may lie anywhere, in a database with our addon."""
    odoo = databases.ready_odoo(*system_packages.FOR_PAGES)
    chosen = [_from_caller(argument) for argument in arguments]
    return _run_with_odoo(odoo, ["-rs", *_import_options(_paths(chosen)), *chosen])


def _from_caller(argument: str) -> str:
    """Make a path absolute, with its ``::Class::test`` part; leave any other argument alone."""
    path, separator, selection = argument.partition("::")
    for folder in (caller_path(path), ROOT / path):
        if path and not path.startswith("-") and folder.exists():
            return f"{folder}{separator}{selection}"
    return argument


def _paths(arguments: list) -> list[Path]:
    return [Path(str(argument).partition("::")[0]) for argument in arguments]


def _import_options(paths: list[Path]) -> list[str]:
    """Let files of somebody else's ``tests`` package import ours, which has the same name."""
    foreign = [path for path in paths if path.exists() and not path.is_relative_to(ROOT)]
    folders = [path if path.is_dir() else path.parent for path in foreign]
    packaged = any((folder / "__init__.py").exists() for folder in folders)
    return ["--import-mode=importlib", "-p", "tests"] if packaged else []


def _run_with_odoo(odoo: Odoo, arguments: list) -> int:
    with databases.scratch(odoo, browser=_drives_browser(arguments)) as database:
        options = ["--odoo-database", database, "--odoo-http"]
        return run_pytest(odoo.python, [*options, *arguments], odoo.environment)


def _drives_browser(arguments: list) -> bool:
    """Guess whether compiled assets will be needed; without them a tour is only slower."""
    files = [file for path in _paths(arguments) for file in (path, *path.glob("**/test_*.py"))]
    return any(
        re.search(rb"start_tour|browser_js", file.read_bytes()) for file in files if file.is_file()
    )
