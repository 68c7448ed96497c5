"""``make bench``: benchmarks/run.py in the environment of the tests.

The contract: the program runs with Odoo, our addon and PostgreSQL's programs at hand (PYTHONPATH,
ODOO_RC, PG… and PATH are set), gets ``--template`` (a database with our addon that it may clone,
never change) and ``--db-prefix`` (for the names of its own databases, which are dropped when it
ends), then what ARGS says. Its exit status is the command's.
"""

import subprocess

from . import databases
from .console import Problem
from .layout import ROOT

PROGRAM = ROOT / "benchmarks/run.py"


def bench(arguments: list[str]) -> int:
    if not PROGRAM.exists():
        raise Problem("There are no benchmarks yet (benchmarks/run.py)")
    odoo = databases.ready_odoo()
    with databases.for_benchmarks(odoo) as (template, prefix):
        options = ["--template", template, "--db-prefix", prefix]
        command = [odoo.python, PROGRAM, *options, *arguments]
        return subprocess.run(command, env=odoo.environment, cwd=ROOT, check=False).returncode
