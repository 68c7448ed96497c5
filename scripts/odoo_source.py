"""Odoo 19 Community itself: the user's own if ODOO_PATH names one, else Debian's package.

Odoo is not on PyPI. Debian's unstable suite carries it as one architecture-independent package,
which a private apt source downloads (apt checks the signature) and ``dpkg-deb -x`` unpacks:
nothing gets installed on the machine and no root is needed.
"""

import os
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from .console import Problem, output_of, run_logged, say, step
from .files import digest, locked, publish
from .layout import ROOT, cache, caller_path, fresh_log

SERIES = "19"
LOCK = ROOT / "debian.lock"
KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"
UNPACKED = Path("usr/lib/python3/dist-packages")
# Debian drops this non-free script (camera background blur). The web client logs its absence
# as a console error, and any console error fails a browser tour.
ABSENT_SCRIPT = "odoo/addons/mail/static/lib/selfie_segmentation/selfie_segmentation.js"


@dataclass(frozen=True)
class OdooSource:
    """An importable Odoo: the folder for PYTHONPATH, and what identifies its exact state."""

    path: Path
    identity: str


def users_own() -> OdooSource | None:
    """Return the Odoo that ODOO_PATH names, if it is set."""
    if not os.environ.get("ODOO_PATH"):
        return None
    chosen = caller_path(os.environ["ODOO_PATH"])
    path = _import_folder(chosen)
    found = re.search(
        r"^version_info\s*=\s*\(\s*['\"]?([^,'\"]+)",
        (path / "odoo/release.py").read_text(encoding="utf-8"),
        re.MULTILINE,
    )
    series = found.group(1) if found else "of unknown version"
    if series != SERIES:
        raise Problem(f"ODOO_PATH={chosen} is Odoo {series}; this addon needs Odoo {SERIES}")
    return OdooSource(path, digest(path, _revision(path)))


def _import_folder(chosen: Path) -> Path:
    """Accept a source checkout, a folder with the ``odoo`` package, or that package itself."""
    for path in (chosen, chosen.parent):
        if (path / "odoo/release.py").is_file():
            return path.resolve()
    raise Problem(
        f"ODOO_PATH={chosen} holds no Odoo: name a source checkout (the folder of odoo-bin) "
        "or the folder that contains the odoo package"
    )


def _revision(path: Path) -> str:
    """Identify the state of the user's Odoo, so that a new one gets a new base database."""
    if (path / ".git").exists() and shutil.which("git"):
        return output_of(["git", "-C", path, "rev-parse", "HEAD"])
    return str((path / "odoo/release.py").stat().st_mtime_ns)


def from_debian() -> OdooSource:
    """Return the cached package, fetched first if need be.

    The folder's name carries the tested version; when the mirror had another one, it is a link
    to that one's folder, so that later runs find it without asking the mirror.
    """
    tested = _tested_versions()["odoo-19"]
    tested_folder = cache() / f"odoo-{tested}"
    if not tested_folder.exists():
        with locked(tested_folder):
            if not tested_folder.exists():
                _fetch(tested, tested_folder)
    folder = tested_folder.resolve()
    return OdooSource(folder / UNPACKED, folder.name)


def _tested_versions() -> dict[str, str]:
    lines = LOCK.read_text(encoding="utf-8").splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def _fetch(tested: str, tested_folder: Path) -> None:
    for program in ("apt-get", "dpkg-deb"):
        if not shutil.which(program):
            raise Problem(
                f"{program} is missing, so Odoo {SERIES} cannot be fetched from Debian: "
                f"set ODOO_PATH to your own Odoo {SERIES}"
            )
    with step(f"Odoo {SERIES}"), publish(tested_folder) as partial:
        version = _download_and_unpack(partial)
        if version != tested:
            actual = tested_folder.with_name(f"odoo-{version}")
            shutil.rmtree(actual, ignore_errors=True)
            partial.rename(actual)
            partial.symlink_to(actual.name)
    if version != tested:
        say(f"  The mirror has odoo-19 {version}; this addon was tested with {tested}")


def _download_and_unpack(folder: Path) -> str:
    """Fill ``folder`` with Odoo and what its links point to; return Odoo's version."""
    downloads = folder / ".download"
    packages = list(_tested_versions())
    apt = _private_apt(downloads)
    log = fresh_log("odoo-source")
    run_logged([*apt, "update"], log)
    run_logged([*apt, "download", *packages], log, cwd=downloads)
    archives = sorted(downloads.glob("*.deb"))
    for archive in archives:
        run_logged(["dpkg-deb", "-x", archive, folder], log)
    version = output_of(["dpkg-deb", "-f", next(downloads.glob("odoo-19_*.deb")), "Version"])
    absent = folder / UNPACKED / ABSENT_SCRIPT
    absent.parent.mkdir(parents=True, exist_ok=True)
    absent.touch()
    shutil.rmtree(downloads)
    return version


def _private_apt(folder: Path) -> list[str]:
    """Return an apt-get command that knows Debian unstable and touches nothing of the machine."""
    for name in ("lists/partial", "cache/archives/partial"):
        (folder / name).mkdir(parents=True)
    source = folder / "unstable.sources"
    source.write_text(
        f"Types: deb\nURIs: {_mirror()}\nSuites: sid\nComponents: main\nSigned-By: {KEYRING}\n",
        encoding="utf-8",
    )
    options = [
        f"Dir::Etc::sourcelist={source}",
        "Dir::Etc::sourceparts=-",
        f"Dir::State::lists={folder / 'lists'}",
        f"Dir::Cache={folder / 'cache'}",
        "Acquire::Languages=none",
    ]
    if os.geteuid() == 0:
        # Otherwise apt downloads as a user for whom root's cache is closed.
        options.append("APT::Sandbox::User=root")
    return ["apt-get", *(part for option in options for part in ("-o", option))]


def _mirror() -> str:
    """Return the Debian mirror of the machine's own apt configuration."""
    rows = output_of(
        ["apt-get", "indextargets", "--format", "$(REPO_URI) $(ORIGIN)", "Created-By: Packages"]
    ).splitlines()
    for row in rows:
        address, _, origin = row.partition(" ")
        # The origin is known only once `apt-get update` has run; the path always is.
        named = origin == "Debian" or address.rstrip("/").endswith("/debian")
        if named and "security" not in address:
            return address
    raise Problem(
        f"The machine's apt knows no Debian mirror to fetch Odoo {SERIES} from: "
        f"set ODOO_PATH to your own Odoo {SERIES}"
    )
