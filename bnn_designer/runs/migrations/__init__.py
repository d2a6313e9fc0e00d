"""The revisions of the store's schema: a file each in ``versions/``, run by alembic.

``python -m bnn_designer.runs.migrations "what changes"`` writes the next one; see docs/store.md.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from alembic.config import Config
    from sqlalchemy import Connection

FOLDER = Path(__file__).parent


@cache
def revisions() -> tuple[str, ...]:
    """The revisions that this program knows, the oldest first; a file is named after its revision and what it does."""
    return tuple(sorted(path.name.partition("_")[0] for path in (FOLDER / "versions").glob("[0-9]*_*.py")))


def head() -> str:
    """The newest of them. Read from the files' names: loading alembic takes longer than opening the store."""
    return revisions()[-1]


def upgrade(connection: Connection, to: str = "head") -> None:
    """Runs what the database lacks, in the connection's transaction, which the caller ends."""
    from alembic import command

    command.upgrade(config(connection), to)


def config(connection: Connection) -> Config:
    """Alembic's settings, without a file."""
    from alembic.config import Config

    settings = Config(attributes={"connection": connection})
    settings.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    settings.set_main_option("path_separator", "os")
    settings.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    return settings
