"""A real PostgreSQL server for tests, where Debian's ``postgresql`` is installed: a folder of its own and no port.

It ends with the process that started it, whatever becomes of that one.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

USER = "postgres"
INSTALL = "apt install postgresql; pip install -r requirements-dev.txt"


def missing() -> str | None:
    """Why there can be no server here; None where there can be one."""
    try:
        import psycopg  # noqa: F401
    except ImportError as error:
        return f"psycopg is not installed ({error}): {INSTALL}"
    if _programs() is None:
        return f"no PostgreSQL server is installed: {INSTALL}"
    if os.geteuid() == 0 and (shutil.which("setpriv") is None or not _has_user()):
        return f"the server refuses to run as root, and there is no user {USER} to run it as: {INSTALL}"
    return None


@dataclass
class Server:
    """A running server.

    Attributes:
        folder: where its socket is.
        made: how many schemas were made in it.
    """

    folder: Path
    made: int = field(default=0)

    def new_database(self) -> str:
        """The address of what is as good as an empty database: a schema, which takes a millisecond to make, not 400."""
        import psycopg

        self.made += 1
        name = f"test_{self.made}"
        with psycopg.connect(host=str(self.folder), user=USER, dbname="postgres", autocommit=True) as connection:
            connection.execute(f"CREATE SCHEMA {name}")
        return f"{self.url('postgres')}&options=-csearch_path%3D{name}"

    def url(self, database: str) -> str:
        return f"postgresql://{USER}@/{database}?host={self.folder}"


@contextmanager
def server(disk: Path | None = None) -> Iterator[Server]:
    """Starts one and stops it at the end. Nothing in it need outlive a power cut, so it does not wait for disks.

    Args:
        disk: an empty folder that every user may reach, for all that it writes; None: its own folder.
    """
    programs = _programs()
    assert programs is not None, missing()
    # not under pytest's folder, into which only its user may look; short, as a socket's path has at most 107 bytes
    folder = Path(tempfile.mkdtemp(prefix="bnn-pg-", dir="/tmp"))
    try:
        if os.geteuid() == 0:
            for mine in (folder, disk):
                if mine is not None:
                    shutil.chown(mine, USER, USER)
        data = str((disk or folder) / "data")
        make = [str(programs / "initdb"), "-D", data, "-U", USER, "-A", "trust", "--no-sync"]
        subprocess.run([*_as_user(), *make], check=True, capture_output=True, cwd=folder)
        run = [str(programs / "postgres"), "-D", data, "-k", str(folder), "-h", "", "-F"]
        with (folder / "log").open("w") as log:
            process = subprocess.Popen([*_as_user(), *run], cwd=folder, stdout=log, stderr=log)
        try:
            _wait(folder, process)
            yield Server(folder)
        finally:
            process.send_signal(signal.SIGQUIT)  # "immediate": nothing of it is needed
            process.wait(timeout=30)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _wait(folder: Path, process: subprocess.Popen[bytes]) -> None:
    import psycopg

    for _ in range(600):
        try:
            psycopg.connect(host=str(folder), user=USER, dbname="postgres").close()
            return
        except psycopg.OperationalError:
            assert process.poll() is None, (folder / "log").read_text()
            time.sleep(0.05)
    raise AssertionError(f"the server does not come up: {(folder / 'log').read_text()}")


def _as_user() -> list[str]:
    """Before a command: as the server's user where this is root, and to end with this process."""
    if shutil.which("setpriv") is None:
        return []
    other = ["--reuid", USER, "--regid", USER, "--init-groups"] if os.geteuid() == 0 else []
    return ["setpriv", *other, "--pdeathsig", "QUIT"]


def _programs() -> Path | None:
    """The folder of the newest server; Debian keeps it off the PATH."""
    found = [
        path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/initdb") if (path.parent / "postgres").exists()
    ]
    if found:
        return max(found, key=lambda path: [int(part) for part in path.parent.name.split(".") if part.isdecimal()])
    on_path = shutil.which("initdb")
    return Path(on_path).resolve().parent if on_path and shutil.which("postgres") else None


def _has_user() -> bool:
    import pwd

    try:
        pwd.getpwnam(USER)
    except KeyError:
        return False
    return True
