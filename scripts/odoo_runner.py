"""Tests under Odoo's own runner: ours from a built addon, and Odoo's own beside our addon."""

import os
import re
import shutil
from pathlib import Path

from . import databases, system_packages
from .console import Problem, logged_status, say, step, warn
from .files import remove
from .layout import ADDON, ADDON_NAME, BUILD, DEV, ROOT, TESTS, fresh_log
from .odoo import Odoo, configure

FARM = BUILD / "addons"
SUMMARY = re.compile(r"(\d+) failed, (\d+) error\(s\) of (\d+) tests")
FAILED = re.compile(
    r"^\S+ \S+ \d+ ERROR \S+ (?P<module>\S+): (?:=+\s)?(?:FAIL|ERROR): (?P<test>.+)$", re.MULTILINE
)
SKIPPED = re.compile(r"^\S+ \S+ \d+ INFO \S+ \S+: skipped (.+)$", re.MULTILINE)

CORE_TESTS = (
    "/repair",
    "/resource",
    "/sale",
    "/sale_stock",
    "/stock:TestReturnPicking",
    "/stock.test_mto_moves_return",
    "/stock.test_mto_moves_return_extra",
    "/stock.test_pick_pack_ship_return",
    "/stock.test_pick_ship_return",
    "/stock.test_return_location",
    "/stock.test_return_lot",
    "/stock.test_return_only_one_product",
    "/stock.test_serial_constraint_with_package_and_return",
)
# Which of them fail without our addon, one a line; RECORD=1 writes it.
BASELINE = ROOT / "scripts/core_baseline.txt"
BASELINE_HEADER = """\
# Odoo's own tests that fail without our addon in a registry with all modules loaded: those that
# were written for a registry in which fewer modules are loaded.
"""


# --- Ours ---------------------------------------------------------------------------------------


def farm(_arguments: list[str]) -> int:
    """Install a copy of the addon that contains our tests, and let Odoo run them."""
    odoo = databases.ready_odoo(*system_packages.FOR_PAGES)
    _build_farm()
    configuration = DEV / "odoo-farm.conf"
    configure(FARM, configuration)
    log = fresh_log("test-odoo")
    with databases.scratch_base(odoo) as database:
        command = odoo.command(
            *("-c", configuration, "-d", database, "--http-port", "0", "--logfile", log),
            *("-i", ADDON_NAME, "--test-tags", f"/{ADDON_NAME}", "--stop-after-init"),
        )
        with step(f"Tests under Odoo's runner (log in {log})"):
            status = logged_status(command, log, env=odoo.environment, cwd=ROOT)
    return _verdict(log, status)


def _build_farm() -> None:
    """Link the addon and our tests into one addon; nothing of it is in the repository."""
    remove(FARM)
    target = FARM / ADDON_NAME
    ignore = shutil.ignore_patterns("__pycache__", "*.pyc")
    shutil.copytree(ADDON, target, copy_function=os.symlink, ignore=ignore)
    (target / "tests").symlink_to(TESTS)


def _verdict(log: Path, status: int) -> int:
    content = log.read_text(encoding="utf-8", errors="replace")
    for test in _failing(content):
        say(f"failed: {test}")
    skipped = SKIPPED.findall(content)
    for test in skipped:
        say(f"skipped: {test}")
    counts = SUMMARY.findall(content)
    if not counts or counts[-1][2] == "0":
        raise Problem(f"Odoo ran no test of ours; see {log}")
    failed, errors, total = map(int, counts[-1])
    passed = total - failed - errors - len(skipped)
    say(f"{passed} passed, {failed + errors} failed, {len(skipped)} skipped")
    return int(bool(status or failed or errors or skipped))


def _failing(content: str) -> set[str]:
    return {f"{match['module']}: {match['test']}" for match in FAILED.finditer(content)}


# --- Odoo's own ---------------------------------------------------------------------------------

RUN_TESTS = """
from odoo.tests.shell import run_tests
run_tests(env, {tags!r})
"""


def core(_arguments: list[str]) -> int:
    """Run Odoo's own tests of what we extend, with our addon installed or WITHOUT_ADDON.

    They run in a registry that is loaded completely. The server's option --test-tags would run
    most of them while Odoo loads the module they belong to, before it loads our addon.
    """
    without = bool(os.environ.get("WITHOUT_ADDON"))
    odoo = databases.ready_odoo(*system_packages.FOR_PAGES)
    log = fresh_log("test-core-without" if without else "test-core")
    with databases.scratch_core(odoo) as database:
        if not without:
            # Odoo's tests know nothing of repairs done in our demonstration
            odoo.server.run_sql("UPDATE ir_module_module SET demo = false", database)
            with step(f"Installing {ADDON_NAME}"):
                odoo.install(database, modules=ADDON_NAME)
        with step(f"Odoo's own tests (log in {log})"):
            _run_core_tests(odoo, database, log)
    return _compare(log, without)


def _run_core_tests(odoo: Odoo, database: str, log: Path) -> None:
    environment = {**odoo.environment, "ODOO_TEST_MAX_FAILED_TESTS": "10000"}
    command = odoo.command("shell", "-d", database, "--http-port", "0", "--logfile", log)
    script = databases.COMPILE_ASSETS + RUN_TESTS.format(tags=",".join(CORE_TESTS))
    logged_status(command, log, env=environment, cwd=ROOT, text_input=script)


def _compare(log: Path, without: bool) -> int:
    """Print the failures; with our addon, fail on each that also happens only with it."""
    content = log.read_text(encoding="utf-8", errors="replace")
    counts = SUMMARY.findall(content)
    if not counts:
        raise Problem(f"Odoo's own tests did not come to an end; see {log}")
    failing = sorted(_failing(content))
    for test in failing:
        say(f"failed: {test}")
    failed, errors, total = counts[-1]
    say(f"{failed} failed, {errors} error(s) of {total} tests of Odoo")
    if without:
        if os.environ.get("RECORD"):
            text = BASELINE_HEADER + "".join(f"{test}\n" for test in failing)
            BASELINE.write_text(text, encoding="utf-8")
        return 0
    known = BASELINE.read_text(encoding="utf-8").splitlines() if BASELINE.exists() else []
    new = set(failing) - set(known)
    if new:
        warn(f"{len(new)} of these fail only with {ADDON_NAME} installed")
    return int(bool(new))
