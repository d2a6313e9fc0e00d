"""What people say of a run: whose it is, tags, a note, the sweep that it belongs to; and when it was deleted."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    with op.batch_alter_table("run", schema=None) as batch_op:
        batch_op.add_column(sa.Column("person", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("tags", sa.Text(), server_default="[]", nullable=False))
        batch_op.add_column(sa.Column("note", sa.Text(), server_default="", nullable=False))
        batch_op.add_column(sa.Column("deleted_at", sa.Float(), nullable=True))
        batch_op.add_column(sa.Column("sweep", sa.String(length=16), nullable=True))
        batch_op.create_index("run_by_sweep", ["sweep"], unique=False)
