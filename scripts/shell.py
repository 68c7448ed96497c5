"""``make shell``: statements with ``env`` in a fresh database with our addon."""

import os
import subprocess
from pathlib import Path

from . import databases
from .console import Problem
from .layout import ROOT, caller_path


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
