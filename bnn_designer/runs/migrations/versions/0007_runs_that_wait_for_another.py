"""The run that a run waits for, also in the index of the queue."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    columns = ["status", "person", "queued_at", "created_at", "attempt_at", "finished_at", "id", "waits_for"]
    with op.batch_alter_table("run", schema=None) as batch_op:
        batch_op.add_column(sa.Column("waits_for", sa.String(length=16), nullable=True))
        batch_op.drop_index("run_in_line")
        batch_op.create_index("run_in_line", columns, unique=False)
        batch_op.create_index("run_by_awaited", ["waits_for"], unique=False)
