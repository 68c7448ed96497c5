"""What the person at the terminal sees: steps with their duration, and problems in one sentence."""

import os
import shlex
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

LOG_TAIL = 40  # lines of a failed command's log shown on the terminal


class Problem(Exception):
    """Something the person at the terminal has to know or change: shown without a traceback."""


def say(text: str) -> None:
    print(text, flush=True)


@contextmanager
def step(title: str) -> Iterator[None]:
    """Show one line per long step: its title at once, its seconds when it is over.

    Steps do not nest, otherwise their lines would run into each other.
    """
    started = time.monotonic()
    print(f"→ {title} … ", end="", flush=True)
    try:
        yield
    except BaseException:
        say(f"stopped after {time.monotonic() - started:.0f} s")
        raise
    say(f"{time.monotonic() - started:.0f} s")


def run_logged(command: Sequence[str | Path], log: Path, **options) -> None:
    """Run a long command with its output in ``log``; on failure show the end of that log."""
    status = logged_status(command, log, **options)
    if status:
        what = shlex.join(os.fspath(part) for part in command[:4])
        raise Problem(failure_report(what, status, log))


def logged_status(
    command: Sequence[str | Path],
    log: Path,
    *,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    text_input: str = "",
) -> int:
    """Run a long command with its output in ``log``; return its status."""
    log.parent.mkdir(parents=True, exist_ok=True)
    arguments = [os.fspath(part) for part in command]
    with log.open("a", encoding="utf-8") as output:
        output.write(f"$ {shlex.join(arguments)}\n")
        output.flush()
        return subprocess.run(
            arguments,
            input=text_input,
            text=True,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=env,
            cwd=cwd,
            check=False,
        ).returncode


def failure_report(what: str, status: int, log: Path) -> str:
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    tail = "\n".join(f"    {line}" for line in lines[-LOG_TAIL:])
    return f"{what} failed with status {status}. The end of {log}:\n{tail}"


def output_of(command: Sequence[str | Path], **options) -> str:
    """Return what a short command prints; its own message becomes the problem if it fails."""
    result = subprocess.run(
        [os.fspath(part) for part in command],
        capture_output=True,
        text=True,
        check=False,
        **options,
    )
    if result.returncode:
        name = Path(command[0]).name
        raise Problem(f"{name} failed: {result.stderr.strip() or result.stdout.strip()}")
    return result.stdout.strip()


def warn(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
