"""``make clean``: remove what the commands made."""

import os

from . import cluster, databases
from .console import say
from .files import remove
from .layout import BUILD, DEV, ROOT, cache

# Only names that we give: the folder is the user's choice, and may hold other things.
CACHED = ("odoo-*", "python-*", "node-*", "cluster-*")


def clean(_arguments: list[str]) -> int:
    """Stop the private server and empty the clone; with CACHE set, empty the cache, too."""
    if os.environ.get("PGHOST"):
        databases.drop_all()
    cluster.discard()
    for path in (DEV, BUILD, ROOT / "dist", ROOT / "node_modules"):
        remove(path)
    if os.environ.get("CACHE"):
        _empty_cache()
    return 0


def _empty_cache() -> None:
    folder = cache()
    for pattern in CACHED:
        for path in folder.glob(pattern):
            remove(path)
    if folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()
    say(f"Emptied {folder}")
