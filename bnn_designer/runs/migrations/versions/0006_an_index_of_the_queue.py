"""An index of all that the choice of the next run reads."""

from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    columns = ["status", "person", "queued_at", "created_at", "attempt_at", "finished_at", "id"]
    with op.batch_alter_table("run", schema=None) as batch_op:
        batch_op.create_index("run_in_line", columns, unique=False)
