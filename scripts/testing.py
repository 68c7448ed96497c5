"""Running tests: rules alone, everything, any file, and the same files under Odoo's own runner."""

import os
import re
import subprocess
from pathlib import Path

from . import databases, python_environment, system_packages
from .console import Problem
from .layout import ADDON, DEV, ROOT, TESTS, caller_path
from .odoo import Odoo

PYTEST = ("-m", "pytest", "-c", ROOT / "pyproject.toml", "--rootdir", ROOT)
REFUSE_SKIPPED = ("-p", "scripts.pytest_refuse_skipped")


def unit(arguments: list[str]) -> int:
    """Run the tests of the rules, which need neither Odoo nor a database.

    Plugins are named one by one: looking for all that are installed, Odoo's among them, would
    take longer than the tests.
    """
    python = python_environment.for_odoo()
    plugins = [*REFUSE_SKIPPED, "-p", "_hypothesis_pytestplugin", *_coverage()]
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
    }
    return _run([python, *PYTEST, *plugins, *arguments, TESTS / "unit"], environment)


def _coverage() -> list[str]:
    if os.environ.get("COV") == "0":
        return []
    report = "--cov-report=term-missing:skip-covered"
    return ["-p", "pytest_cov", f"--cov={ADDON / 'logic'}", "--cov-branch", report]


def everything(arguments: list[str]) -> int:
    """Run all tests and refuse a run in which one was skipped."""
    odoo = databases.ready_odoo(*system_packages.FOR_PAGES)
    status = unit([])
    if status:
        return status
    selection = [*REFUSE_SKIPPED, *arguments, TESTS, f"--ignore={TESTS / 'unit'}"]
    return _run_with_odoo(odoo, selection)


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
        command = [odoo.python, *PYTEST, "--odoo-database", database, "--odoo-http", *arguments]
        return _run(command, odoo.environment)


def _drives_browser(arguments: list) -> bool:
    """Guess whether compiled assets will be needed; without them a tour is only slower."""
    files = [file for path in _paths(arguments) for file in (path, *path.glob("**/test_*.py"))]
    return any(
        re.search(rb"start_tour|browser_js", file.read_bytes()) for file in files if file.is_file()
    )


def _run(command: list, environment: dict[str, str]) -> int:
    arguments = [os.fspath(part) for part in command]
    environment = {**environment, "HYPOTHESIS_STORAGE_DIRECTORY": str(DEV / "hypothesis")}
    return subprocess.run(arguments, env=environment, cwd=ROOT, check=False).returncode


def shell(arguments: list[str]) -> int:
    """Run a script with ``env``, or offer a prompt, on a clone that is dropped afterwards."""
    script = os.environ.get("SCRIPT") or (arguments[0] if arguments else None)
    odoo = databases.ready_odoo()
    with databases.scratch(odoo) as database:
        command = odoo.command("shell", "-d", database)
        if not script:
            return subprocess.run(command, env=odoo.environment, cwd=ROOT, check=False).returncode
        return subprocess.run(
            command,
            env=odoo.environment,
            cwd=ROOT,
            input=_executing(caller_path(script)),
            text=True,
            check=False,
        ).returncode


def _executing(script: Path) -> str:
    """Return statements that run a file under its own name, so that tracebacks show its lines."""
    if not script.is_file():
        raise Problem(f"SCRIPT={script} does not exist")
    return (
        f"__file__ = {str(script)!r}\n"
        "exec(compile(open(__file__, encoding='utf-8').read(), __file__, 'exec'), globals())\n"
    )
