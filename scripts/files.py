"""Files that are either complete or absent, whoever interrupts us or runs beside us."""

import fcntl
import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .console import say

IGNORED = {"__pycache__", ".git"}


def digest(*parts: object) -> str:
    """Return a short name for a combination of values, used in cache keys."""
    text = "\0".join(str(part) for part in parts)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def tree_digest(folder: Path) -> str:
    """Return a short name for the content of a folder: it changes when any file does."""
    summary = hashlib.sha256()
    for path in _files(folder):
        summary.update(f"{path.relative_to(folder)}\0".encode())
        summary.update(hashlib.sha256(path.read_bytes()).digest())
    return summary.hexdigest()[:12]


def _files(folder: Path) -> list[Path]:
    found = []
    for parent, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if name not in IGNORED]
        found += [Path(parent, name) for name in names if not name.endswith(".pyc")]
    return sorted(path for path in found if path.is_file())


@contextmanager
def publish(target: Path) -> Iterator[Path]:
    """Build ``target`` under a temporary name and give it its real name only when complete.

    The caller holds the lock of ``target``, so a left-over temporary is from an interrupted run.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(f"{target.name}.partial")
    remove(partial)
    yield partial
    remove(target)
    partial.rename(target)


def write_if_changed(path: Path, text: str) -> None:
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        path.parent.mkdir(parents=True, exist_ok=True)
        with publish(path) as partial:
            partial.write_text(text, encoding="utf-8")


def remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


@contextmanager
def locked(target: Path) -> Iterator[None]:
    """Let one process at a time prepare ``target``; the kernel frees the lock of a dead one."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.with_name(f"{target.name}.lock").open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(f"Waiting for another run that prepares {target.name}")
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def is_free(lock: Path) -> bool:
    """Say whether no living process holds ``lock``."""
    with lock.open("a") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
    return True
