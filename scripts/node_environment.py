"""The JavaScript tools for linting, installed from package-lock.json and shared by all clones."""

import os
import shutil
from pathlib import Path

from .console import output_of, run_logged, step
from .files import digest, locked, publish, remove
from .layout import ROOT, cache, fresh_log

SPECIFICATION = ("package.json", "package-lock.json", ".npmrc")


def programs() -> Path:
    """Return the folder of the tools' programs; configuration files find them as node_modules."""
    contents = [(ROOT / name).read_text(encoding="utf-8") for name in SPECIFICATION]
    folder = cache() / f"node-{digest(output_of(['node', '--version']), *contents)}"
    if not folder.exists():
        with locked(folder):
            if not folder.exists():
                _install(folder)
    _link(folder / "node_modules")
    return folder / "node_modules/.bin"


def _install(folder: Path) -> None:
    with step("JavaScript tools"), publish(folder) as partial:
        partial.mkdir()
        for name in SPECIFICATION:
            shutil.copy(ROOT / name, partial)
        run_logged(
            ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
            fresh_log("node"),
            cwd=partial,
        )


def _link(modules: Path) -> None:
    link = ROOT / "node_modules"
    if not link.is_symlink() or os.readlink(link) != str(modules):
        remove(link)
        link.symlink_to(modules)
