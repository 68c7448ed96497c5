"""Where things are: the clone, its ignored working folder and the cache shared by all clones."""

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ADDON_NAME = "aftersales_service"
ADDON = ROOT / ADDON_NAME
TESTS = ROOT / "tests"
BUILD = ROOT / "build"

# Everything belonging to this clone alone; `make clean` removes it.
DEV = ROOT / ".dev"
LOGS = DEV / "log"


def cache() -> Path:
    """Return the folder of everything downloaded or prepared that a second clone can use."""
    chosen = os.environ.get("AFTERSALES_CACHE")
    if chosen:
        return caller_path(chosen)
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / ADDON_NAME


def caller_path(path: str) -> Path:
    """Resolve a path given on the command line from the caller's folder, not from ours.

    ``make -C clone pytest ARGS=test_mine.py`` runs in the clone, but means the caller's file.
    """
    return Path(os.environ.get("AFTERSALES_CALLER") or Path.cwd(), Path(path).expanduser())


def fresh_log(name: str) -> Path:
    """Return the path of a new log: a failure's report shows nothing of earlier runs."""
    log = LOGS / f"{name}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    log.unlink(missing_ok=True)
    return log
