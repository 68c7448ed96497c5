"""Running Odoo: which interpreter, with which configuration, on which server."""

import os
import re
from dataclasses import dataclass
from pathlib import Path

from .console import Problem, run_logged
from .files import write_if_changed
from .layout import ADDON_NAME, DEV, LOGS, ROOT, fresh_log
from .odoo_source import OdooSource
from .postgres import Server

CONFIGURATION = DEV / "odoo.conf"
# `2026-01-31 10:00:00,000 4711 WARNING database odoo.addons.x: message`
LOG_LINE = re.compile(
    r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d+ \d+ (?P<level>[A-Z]+) \S+ (?P<text>.*)", re.DOTALL
)


@dataclass(frozen=True)
class Odoo:
    """An Odoo that is ready to run against a server."""

    source: OdooSource
    python: Path
    server: Server

    @property
    def environment(self) -> dict[str, str]:
        """Return the environment in which ``odoo``, our addon and ``tests`` can be imported."""
        return {
            **self.server.environment,
            "PYTHONPATH": os.pathsep.join([str(self.source.path), str(ROOT)]),
            "ODOO_RC": str(CONFIGURATION),
        }

    def command(self, *arguments: str | Path) -> list[str]:
        return [str(part) for part in (self.python, "-m", "odoo", *arguments)]

    def run(self, *arguments: str | Path, log: Path) -> None:
        run_logged(self.command(*arguments), log, env=self.environment, cwd=ROOT)

    def install(self, database: str, *options: str, modules: str) -> Path:
        """Install modules into a database; return the log."""
        log = fresh_log(f"install-{database}")
        arguments = ["-d", database, "-i", modules, *options, "--stop-after-init", "--no-http"]
        self.run(*arguments, "--logfile", log, log=log)
        return log

    def evaluate(self, database: str, script: str, log: Path) -> None:
        """Run statements with ``env`` on a database; whether they last is up to them."""
        arguments = ["shell", "-d", database, "--no-http", "--logfile", log]
        run_logged(self.command(*arguments), log, env=self.environment, cwd=ROOT, text_input=script)


def configure(addons: Path = ROOT, configuration: Path = CONFIGURATION) -> None:
    """Write the configuration that all our Odoo processes share.

    The server is named by environment variables, not here: they hold passwords, too.
    """
    write_if_changed(
        configuration,
        "[options]\n"
        f"addons_path = {addons}\n"
        f"data_dir = {DEV / 'data'}\n"
        f"logfile = {LOGS / 'odoo.log'}\n"
        f"screenshots = {DEV / 'screenshots'}\n"
        "http_interface = 127.0.0.1\n"
        "list_db = False\n",
    )
    LOGS.mkdir(parents=True, exist_ok=True)


def complaints_about_us(log: Path) -> list[str]:
    """Return the log's warnings and errors that our addon causes or that name it."""
    content = log.read_text(encoding="utf-8", errors="replace")
    records = re.split(r"^(?=\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d+ )", content, flags=re.MULTILINE)
    found = []
    for record in records:
        match = LOG_LINE.match(record)
        if match and match["level"] in ("WARNING", "ERROR", "CRITICAL") and "aftersales" in record:
            found.append(record.rstrip())
    return found


def refuse_complaints(log: Path) -> None:
    found = complaints_about_us(log)
    if found:
        raise Problem(f"Installing {ADDON_NAME} logged (see {log}):\n" + "\n".join(found))
