"""``make translations``: collect the terms of our addon and bring every translation up to date."""

import subprocess
from pathlib import Path

from . import databases
from .console import step
from .layout import ADDON, ADDON_NAME, fresh_log

MERGE = Path(__file__).with_name("merge_translations.py")


def translations(_arguments: list[str]) -> int:
    """Export the template from a fresh database, merge it into each language's file."""
    odoo = databases.ready_odoo()
    folder = ADDON / "i18n"
    folder.mkdir(exist_ok=True)
    with databases.scratch(odoo) as database, step("Terms"):
        # Odoo's parser takes all that follows -l for languages
        arguments = ["i18n", "export", "-d", database, ADDON_NAME, "-l", "pot"]
        odoo.run(*arguments, log=fresh_log("translations"))
    command = [odoo.python, MERGE, folder]
    return subprocess.run(command, env=odoo.environment, check=False).returncode
