"""Addons of others to measure ours beside: listed in benchmarks/peers.txt, kept in the cache only.

Most of them are under the AGPL: nothing of them may enter this repository.
"""

import zipfile
from dataclasses import dataclass
from pathlib import Path

from .console import Problem, run_logged, step
from .files import digest, locked, publish
from .layout import ROOT, cache, fresh_log

LIST = ROOT / "benchmarks/peers.txt"
PREFIX = "odoo-addon-"
UNPACKED = Path("odoo/addons")  # in the wheel of an addon


@dataclass(frozen=True)
class PeerSet:
    """Addons that are installed together, with exact versions."""

    name: str
    requirements: tuple[str, ...]

    @property
    def modules(self) -> list[str]:
        names = (requirement.partition("==")[0] for requirement in self.requirements)
        return [name.removeprefix(PREFIX).replace("-", "_") for name in names]

    @property
    def identity(self) -> str:
        return digest(*self.requirements)

    def fetch(self, python: Path) -> Path:
        """Return the addons path with the set, downloaded first if need be."""
        folder = cache() / f"peers-{self.name}-{self.identity}"
        if not folder.exists():
            with locked(folder):
                if not folder.exists():
                    self._download(python, folder)
        return folder / UNPACKED

    def _download(self, python: Path, folder: Path) -> None:
        log = fresh_log(f"peers-{self.name}")
        with step(f"Peers: {', '.join(self.requirements)}"), publish(folder) as partial:
            wheels = partial / ".download"
            pip = [python, "-m", "pip", "--disable-pip-version-check", "--no-input", "download"]
            options = ["--no-deps", "--only-binary=:all:", "--progress-bar=off", "--dest", wheels]
            run_logged([*pip, *options, *self.requirements], log)
            for wheel in sorted(wheels.glob("*.whl")):
                zipfile.ZipFile(wheel).extractall(partial)


def chosen(names: str) -> list[PeerSet]:
    """Return the sets that a comma-separated list names: ``all`` or ``none`` of them, or some."""
    known = _all()
    wanted = {"all": list(known), "none": []}.get(names, names.split(","))
    if unknown := set(wanted) - known.keys():
        raise Problem(
            f"{LIST.name} has no set {', '.join(sorted(unknown))}; it has {', '.join(known)}"
        )
    return [known[name] for name in wanted]


def _all() -> dict[str, PeerSet]:
    sets: dict[str, list[str]] = {}
    for line in LIST.read_text(encoding="utf-8").splitlines():
        requirement, _, name = (part.strip() for part in line.partition("#"))
        if requirement:
            sets.setdefault(name, []).append(requirement)
    return {name: PeerSet(name, tuple(requirements)) for name, requirements in sets.items()}
