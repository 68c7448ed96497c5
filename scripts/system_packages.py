"""What only the system's package manager can install: found, installed as root, or asked for."""

import glob
import importlib.util
import os
import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from .console import Problem, run_logged, step, warn
from .layout import fresh_log

# The names Odoo's own test browser looks for.
BROWSERS = ("google-chrome", "chromium", "chromium-browser", "google-chrome-stable")
CJK_FONTS = ("/usr/share/fonts/*/*/NotoSansCJK*", "/usr/share/fonts/*/NotoSansCJK*")


@dataclass(frozen=True)
class Need:
    """A Debian package and how to see that the machine already has what it brings."""

    packages: tuple[str, ...]
    present: Callable[[], bool]
    # Without it everything works but looks poorer, so another system's user is not stopped.
    optional: bool = False


def on_path(*names: str) -> Callable[[], bool]:
    return lambda: any(shutil.which(name) for name in names)


def postgresql_folder() -> Path | None:
    """Return the newest PostgreSQL server's program folder (Debian keeps it off the PATH)."""
    folders = [Path(found).parent for found in glob.glob("/usr/lib/postgresql/*/bin/initdb")]
    if folders:
        return max(folders, key=lambda folder: float(folder.parent.name))
    found = shutil.which("initdb")
    return Path(found).parent if found else None


POSTGRESQL = Need(("postgresql",), lambda: bool(postgresql_folder()))
POSTGRESQL_CLIENT = Need(("postgresql-client",), on_path("psql"))
BROWSER = Need(("chromium",), on_path(*BROWSERS))
PDF = Need(("wkhtmltopdf",), on_path("wkhtmltopdf"))
FONTS = Need(
    ("fonts-noto-cjk",),
    lambda: any(glob.glob(pattern) for pattern in CJK_FONTS),
    optional=True,
)
VENV = Need(
    ("python3-venv",),
    lambda: bool(importlib.util.find_spec("venv") and importlib.util.find_spec("ensurepip")),
)
NODE = Need(("nodejs", "npm"), lambda: bool(shutil.which("node") and shutil.which("npm")))
GIT = Need(("git",), on_path("git"))
FOR_PAGES = (BROWSER, PDF, FONTS)  # whatever shows or prints pages


def require(needs: Iterable[Need]) -> None:
    """Install what is missing as root; tell an ordinary user in one sentence who can."""
    missing = [need for need in needs if not need.present()]
    if not missing:
        return
    packages = [name for need in missing for name in need.packages]
    if os.geteuid() == 0 and shutil.which("apt-get"):
        _install(packages)
        _check_installed(missing)
    elif all(need.optional for need in missing):
        warn(f"Going on without {_listed(packages)}: {_advice(packages)}")
    else:
        raise Problem(
            f"This machine lacks {_listed(packages)}, which only its administrator can install: "
            f"{_advice(packages)}"
        )


def _install(packages: list[str]) -> None:
    log = fresh_log("apt")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    with step(f"System packages {_listed(packages)}"):
        run_logged(["apt-get", "update"], log, env=environment)
        run_logged(
            ["apt-get", "install", "--yes", "--no-install-recommends", *packages],
            log,
            env=environment,
        )


def _check_installed(needs: list[Need]) -> None:
    absent = [name for need in needs if not need.present() for name in need.packages]
    if absent:
        raise Problem(
            f"{_listed(absent)} was installed, yet the interpreter or PATH in use does not see it"
        )


def _advice(packages: list[str]) -> str:
    return f"apt-get update && apt-get install {' '.join(packages)}"


def _listed(packages: list[str]) -> str:
    return ", ".join(packages)
