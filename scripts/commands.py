"""The commands by name, and what surrounds each: help, signals and problems in one sentence."""

import os
import shlex
import signal
import sys
from dataclasses import dataclass
from importlib import import_module

from .console import Problem, say, warn


@dataclass(frozen=True)
class Command:
    """A function, named so that only the command in use gets imported: `make unit` is quick."""

    function: str
    summary: str

    def run(self, arguments: list[str]) -> int:
        module, _, name = self.function.rpartition(".")
        return getattr(import_module(f".{module}", __package__), name)(arguments)


def show_help(_arguments: list[str]) -> int:
    say("Usage: make COMMAND [VARIABLE=value …]\n")
    for name, command in COMMANDS.items():
        say(f"  {name:<13} {command.summary}")
    say(VARIABLES)
    return 0


COMMANDS = {
    "help": Command("commands.show_help", "this list"),
    "demo": Command("demo.demo", "serve the demonstration; CHECK=1 checks it and stops; PORT="),
    "test": Command("testing.everything", "all tests; a skipped test fails the run"),
    "unit": Command(
        "unit_tests.unit", "tests of the rules alone; COV=1 demands full branch coverage"
    ),
    "pytest": Command(
        "testing.chosen_files", 'any test files, e.g. ARGS="tests/test_x.py -k word"'
    ),
    "shell": Command("shell.shell", "a prompt with env, or SCRIPT=file.py, on a throw-away copy"),
    "update": Command("databases.update", "upgrade the demonstration and test databases in place"),
    "test-odoo": Command("odoo_runner.farm", "the same tests under Odoo's own runner"),
    "test-core": Command(
        "odoo_runner.core", "Odoo's tests of what we extend; WITHOUT_ADDON=1, then also RECORD=1"
    ),
    "test-install": Command(
        "lifecycle.test_install", "install, uninstall without a trace, install again"
    ),
    "bench": Command("benchmarks.bench", "benchmarks, e.g. ARGS=--quick"),
    "lint": Command("linting.lint", "check the form of all sources"),
    "format": Command("linting.format_sources", "set right the form of all sources"),
    "translations": Command("translations.translations", "bring the files in i18n up to date"),
    "wheel": Command("linting.wheel", "pack the addon into dist/"),
    "stop": Command(
        "cluster.stop", "stop the clone's PostgreSQL server (any command starts it again)"
    ),
    "clean": Command("cleaning.clean", "remove what the commands made; CACHE=1 also the cache"),
}

VARIABLES = """
Environment variables:
  ODOO_PATH         your own Odoo 19 (a source checkout, or the folder with its odoo package);
                    without it, Debian's package is fetched into the cache
  ODOO_PYTHON       the interpreter that has your Odoo's dependencies;
                    without it, requirements.lock is installed into the cache
  PGHOST            your own PostgreSQL server (with PGPORT, PGUSER and PGPASSWORD as usual);
                    without it, a private one runs in .dev, reachable by a Unix socket only
  AFTERSALES_CACHE  where downloads and prepared databases are kept for all clones;
                    without it, aftersales_service in XDG_CACHE_HOME or ~/.cache
  PYTHON            the interpreter for all else: CPython 3.11 or newer"""


def main(arguments: list[str]) -> int:
    name, *rest = arguments or ["help"]
    command = COMMANDS.get(name)
    if not command:
        warn(f"There is no command {name}; the commands are {', '.join(COMMANDS)}")
        return 2
    # A terminated run cleans up like an interrupted one.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        # Make exports the variables that it was given, ARGS among them.
        return command.run(rest or shlex.split(os.environ.get("ARGS", "")))
    except Problem as problem:
        warn(f"\n{problem}")
    except PermissionError as error:
        warn(f"\n{error}: was this clone or its cache prepared by another user?")
    except KeyboardInterrupt:
        return 130
    return 1
