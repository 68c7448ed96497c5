"""``make demo``: Odoo with the demonstration data, served on this machine only."""

import os
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from . import databases, demo_check, system_packages
from .console import Problem, failure_report, say, step
from .layout import ROOT, fresh_log
from .odoo import Odoo

HOST = "127.0.0.1"
FIRST_PORT = 8069
LAST_PORT = 8168
PATIENCE = 120  # seconds for Odoo to answer its first request
STOPPING = 10  # seconds for it to end in good order
# Odoo's own account, then those that our demonstration data add. By convention a demonstration
# user's password is the login, as with Odoo's own demonstration users.
LOGINS = """
SELECT users.login FROM res_users users
  LEFT JOIN ir_model_data data ON data.model = 'res.users' AND data.res_id = users.id
 WHERE users.active AND (users.login = 'admin' OR data.module = 'aftersales_service')
 ORDER BY users.login <> 'admin', users.id
"""


def demo(_arguments: list[str]) -> int:
    """Serve the demonstration until Ctrl-C, or check it and stop when CHECK is set."""
    odoo = databases.ready_odoo(*system_packages.FOR_PAGES)
    database = databases.demo(odoo)
    checking = bool(os.environ.get("CHECK"))
    port = _free_port(os.environ.get("PORT"))
    with _serving(odoo, database, port) as (server, address):
        if checking:
            return demo_check.main(address, database)
        _announce(odoo, database, address)
        return _until_interrupted(server)


def _announce(odoo: Odoo, database: str, address: str) -> None:
    say(f"\nThe demonstration is ready at {address} (Ctrl-C stops it)")
    for login in odoo.server.run_sql(LOGINS, database).splitlines():
        say(f"  login {login}   password {login}")


def _until_interrupted(server: subprocess.Popen) -> int:
    try:
        return server.wait()
    except KeyboardInterrupt:
        say("\nStopping")
        return 0


def _free_port(wanted: str | None) -> int:
    if wanted:
        if not wanted.isdigit() or not _is_free(int(wanted)):
            raise Problem(f"PORT={wanted} is not a free port of this machine")
        return int(wanted)
    for port in range(FIRST_PORT, LAST_PORT + 1):
        if _is_free(port):
            return port
    raise Problem(f"No port from {FIRST_PORT} to {LAST_PORT} is free: choose one with PORT=")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


@contextmanager
def _serving(odoo: Odoo, database: str, port: int) -> Iterator[tuple[subprocess.Popen, str]]:
    """Run the server as long as the caller needs it; it is ready when the caller gets it."""
    log = fresh_log("demo")
    command = odoo.command(
        *("-d", database, "--db-filter", f"^{database}$"),
        *("--http-port", str(port), "--logfile", log),
    )
    address = f"http://{HOST}:{port}"
    with log.open("a", encoding="utf-8") as output:
        server = subprocess.Popen(
            command, env=odoo.environment, cwd=ROOT, stdout=output, stderr=output
        )
    try:
        with step("Server"):
            _wait_until_ready(server, address, log)
        yield server, address
    finally:
        _stop(server)


def _wait_until_ready(server: subprocess.Popen, address: str, log: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if server.poll() is not None:
            raise Problem(failure_report("odoo", server.returncode, log))
        try:
            with urllib.request.urlopen(f"{address}/web/login", timeout=PATIENCE):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    raise Problem(failure_report("Waiting for odoo", 1, log))


def _stop(server: subprocess.Popen) -> None:
    if server.poll() is None:
        server.terminate()
        try:
            server.wait(STOPPING)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()
