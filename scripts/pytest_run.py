"""How every pytest run of ours is started."""

import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from .layout import DEV, ROOT

REFUSE_SKIPPED = ("-p", "scripts.pytest_refuse_skipped")


def run_pytest(python: Path, arguments: Sequence, environment: Mapping[str, str]) -> int:
    """Run pytest with this repository's settings, wherever the tests lie."""
    settings = ["-c", ROOT / "pyproject.toml", "--rootdir", ROOT]
    command = [python, "-m", "pytest", *settings, *arguments]
    return subprocess.run(
        [os.fspath(part) for part in command],
        env={**environment, "HYPOTHESIS_STORAGE_DIRECTORY": str(DEV / "hypothesis")},
        cwd=ROOT,
        check=False,
    ).returncode
