"""``make bench``: benchmarks/run.py in the environment of the tests.

The contract: the program runs with Odoo, our addon and PostgreSQL's programs at hand (PYTHONPATH,
ODOO_RC, PG… and PATH are set), gets ``--template`` (a database with our addon that it may clone,
never change) and ``--db-prefix`` (for the names of its own databases, which are dropped when it
ends), ``--peer-set`` for each set of peers that ARGS asks for (its name, a database that has the
template's addons and the peers, and the addons path to them), then what ARGS says. Its exit status
is the command's.
"""

import argparse
import subprocess

from . import databases, peers
from .console import Problem
from .layout import ROOT

PROGRAM = ROOT / "benchmarks/run.py"


def bench(arguments: list[str]) -> int:
    if not PROGRAM.exists():
        raise Problem("There are no benchmarks yet (benchmarks/run.py)")
    odoo = databases.ready_odoo()
    with databases.for_benchmarks(odoo) as (template, prefix):
        options = ["--template", template, "--db-prefix", prefix]
        for peer_set in _peer_sets(arguments):
            addons = peer_set.fetch(odoo.python)
            database = databases.with_peers(odoo, peer_set, addons)
            options += ["--peer-set", peer_set.name, database, str(addons)]
        command = [odoo.python, PROGRAM, *options, *arguments]
        return subprocess.run(command, env=odoo.environment, cwd=ROOT, check=False).returncode


def _peer_sets(arguments: list[str]) -> list[peers.PeerSet]:
    """Return what has to be there beside Odoo: a full run wants all, a quick one nothing."""
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument("--full", action="store_true")
    parser.add_argument("--peers")
    options, _ = parser.parse_known_args(arguments)
    return peers.chosen(options.peers or ("all" if options.full else "none"))
