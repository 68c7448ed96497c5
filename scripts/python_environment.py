"""The virtual environments, built from the lock files and shared by all clones."""

import os
import platform
import sys
from pathlib import Path

from . import system_packages
from .console import Problem, output_of, run_logged, step
from .files import digest, locked
from .layout import ROOT, cache, caller_path, fresh_log

ODOO_LOCK = ROOT / "requirements.lock"
TEST_LOCK = ROOT / "requirements-test.lock"
LINT_LOCK = ROOT / "requirements-lint.lock"
# Written last: an environment without it was interrupted and is built again.
COMPLETE = "complete"


def for_odoo() -> Path:
    """Return the interpreter that runs Odoo and its tests.

    With ODOO_PYTHON it borrows that interpreter's packages, so that the user's own Odoo runs
    with the dependencies it always runs with, and adds only the test tools.
    """
    chosen = os.environ.get("ODOO_PYTHON")
    if not chosen:
        return _environment("python", [ODOO_LOCK, TEST_LOCK], sys.executable)
    interpreter = caller_path(chosen)
    if not os.access(interpreter, os.X_OK):
        raise Problem(f"ODOO_PYTHON={chosen} is not a program")
    return _environment("python-borrowed", [TEST_LOCK], str(interpreter), borrow=True)


def for_lint() -> Path:
    return _environment("python-lint", [LINT_LOCK], sys.executable)


def needs() -> list[system_packages.Need]:
    """Return what ``for_odoo`` needs, to be asked for together with the rest."""
    return [] if os.environ.get("ODOO_PYTHON") else [system_packages.VENV]


def _environment(name: str, locks: list[Path], interpreter: str, borrow: bool = False) -> Path:
    folder = cache() / f"{name}-{_key(locks, interpreter)}"
    if not (folder / COMPLETE).exists():
        if not borrow:
            system_packages.require([system_packages.VENV])
        with locked(folder):
            if not (folder / COMPLETE).exists():
                _build(folder, locks, interpreter, borrow)
    return folder / "bin/python"


def _key(locks: list[Path], interpreter: str) -> str:
    contents = [lock.read_text(encoding="utf-8") for lock in locks]
    if interpreter == sys.executable:
        return digest(sys.version_info[:2], sys.base_prefix, platform.machine(), *contents)
    return digest(interpreter, *contents)


def _build(folder: Path, locks: list[Path], interpreter: str, borrow: bool) -> None:
    """Build in place, since a virtual environment's programs know their own folder."""
    log = fresh_log("python")
    python = folder / "bin/python"
    with step(f"Python packages of {' and '.join(lock.name for lock in locks)}"):
        run_logged([interpreter, "-m", "venv", "--clear", folder], log)
        if borrow:
            _borrow_packages(python, interpreter)
        requirements = [part for lock in locks for part in ("--requirement", lock)]
        pip = [python, "-m", "pip", "--disable-pip-version-check", "--no-input"]
        run_logged([*pip, "install", "--progress-bar=off", *requirements], log)
        (folder / COMPLETE).touch()


def _borrow_packages(python: Path, interpreter: str) -> None:
    show = "import site; print(*site.getsitepackages(), sep='\\n')"
    lenders = output_of([interpreter, "-c", show])
    target = output_of([python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"])
    Path(target, "borrowed.pth").write_text(f"{lenders}\n", encoding="utf-8")
