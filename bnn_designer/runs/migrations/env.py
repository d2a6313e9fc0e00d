"""Run by alembic, not imported: how revisions are carried out. The caller has the connection and its transaction."""

from alembic import context

from bnn_designer.runs import schema  # noqa: F401 - all tables are then among METADATA's
from bnn_designer.runs.database import METADATA

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    render_as_batch=True,  # SQLite cannot change a column: alembic makes the table anew
    transactional_ddl=True,
)
context.run_migrations()
