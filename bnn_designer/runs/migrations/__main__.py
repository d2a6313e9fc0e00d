"""Writes the next revision: what the declared tables have and the revisions so far do not.

    python -m bnn_designer.runs.migrations "runs have a lease"

Look at the file before it is committed: alembic takes a renamed column for one that goes and one that comes.
"""

from __future__ import annotations

import sys
from typing import cast

from alembic import command
from alembic.script import Script
from sqlalchemy import create_engine

from bnn_designer.runs import migrations


def main(what: str) -> str:
    """Writes the file and returns its path."""
    engine = create_engine("sqlite://")
    following = f"{int(migrations.head()) + 1:04}"
    with engine.connect() as connection:
        migrations.upgrade(connection)
        made = command.revision(migrations.config(connection), what, autogenerate=True, rev_id=following)
    engine.dispose()
    return cast(Script, made).path


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    print(main(sys.argv[1]))
