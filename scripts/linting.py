"""``make lint`` checks form, ``make format`` sets it right, ``make wheel`` packs the addon."""

import os
import subprocess
from pathlib import Path

from . import node_environment, python_environment, system_packages
from .console import run_logged, say, step
from .layout import ADDON, ADDON_NAME, ROOT, fresh_log

PRETTY = ("aftersales_service/**/*.{xml,js}", "*.{cjs,mjs}")
SCRIPTS = "aftersales_service/static"
# Our larger models have a file per concern; the rule is meant for extensions of others' models.
PYLINT = ("--disable=consider-merging-classes-inherited",)


def lint(_arguments: list[str]) -> int:
    """Run every check, also after one failed, so that all findings show at once."""
    python, node = _tools()
    results = [_check(name, command) for name, command in _checks(python, node)]
    return int(not all(results))


def _tools() -> tuple[Path, Path]:
    system_packages.require([system_packages.VENV, system_packages.NODE])
    return python_environment.for_lint(), node_environment.programs()


def _checks(python: Path, node: Path) -> list[tuple[str, list]]:
    translations = sorted(ADDON.glob("i18n/*.po*"))
    checks = [
        ("ruff check", [python, "-m", "ruff", "check", "--quiet", "."]),
        ("ruff format", [python, "-m", "ruff", "format", "--quiet", "--check", "--diff", "."]),
        ("pylint", [python, "-m", "pylint", "--rcfile=.pylintrc", *PYLINT, ADDON_NAME]),
        ("odoo module", [python.parent / "oca-checks-odoo-module", ADDON / "__manifest__.py"]),
        ("prettier", [node / "prettier", "--log-level=warn", *_lenient(), "--check", *PRETTY]),
        ("eslint", [node / "eslint", "--max-warnings=0", *_lenient(), SCRIPTS]),
    ]
    if translations:
        checks.append(("translations", [python.parent / "oca-checks-po", *translations]))
    return checks


def _lenient() -> list[str]:
    """A folder without any script yet is in order."""
    return ["--no-error-on-unmatched-pattern"]


def _check(name: str, command: list) -> bool:
    result = subprocess.run(
        [os.fspath(part) for part in command],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    passed = result.returncode == 0
    say(f"{'✓' if passed else '✗'} {name}")
    if not passed:
        say(result.stdout.rstrip())
    return passed


def format_sources(_arguments: list[str]) -> int:
    python, node = _tools()
    commands = [
        [python, "-m", "ruff", "check", "--fix", "--quiet", "--exit-zero", "."],
        [python, "-m", "ruff", "format", "."],
        [node / "prettier", "--log-level=warn", *_lenient(), "--write", *PRETTY],
    ]
    return max(subprocess.run(command, cwd=ROOT, check=False).returncode for command in commands)


def wheel(_arguments: list[str]) -> int:
    """Pack what git tracks of the addon into ``dist``."""
    system_packages.require([system_packages.GIT])
    python = python_environment.for_lint()
    options = ["--no-deps", "--no-build-isolation", "--wheel-dir", ROOT / "dist"]
    with step("Wheel"):
        run_logged([python, "-m", "pip", "wheel", *options, ADDON], fresh_log("wheel"), cwd=ROOT)
    for path in sorted((ROOT / "dist").glob("*.whl")):
        say(str(path.relative_to(ROOT)))
    return 0
