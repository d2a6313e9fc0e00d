"""What the status of a run follows from: its lease, attempts and requests; and what it was trained with."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    with op.batch_alter_table("run", schema=None) as batch_op:
        batch_op.add_column(sa.Column("boot_id", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("lease", sa.String(length=16), nullable=True))
        batch_op.add_column(sa.Column("queued_at", sa.Float(), nullable=True))
        batch_op.add_column(sa.Column("attempt_at", sa.Float(), nullable=True))
        batch_op.add_column(sa.Column("training_at", sa.Float(), nullable=True))
        batch_op.add_column(sa.Column("spent_s", sa.Float(), server_default="0", nullable=False))
        batch_op.add_column(sa.Column("pause_requested", sa.Boolean(), server_default="0", nullable=False))
        batch_op.add_column(sa.Column("stop_requested_at", sa.Float(), nullable=True))
        batch_op.add_column(sa.Column("failure", sa.String(length=32), nullable=True))
        batch_op.add_column(sa.Column("parent", sa.String(length=16), nullable=True))
        batch_op.add_column(sa.Column("threads", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("best_val_images", sa.Integer(), nullable=True))
