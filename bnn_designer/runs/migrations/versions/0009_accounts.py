"""Whose runs, drafts and sets of runs are, where people sign in."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    for table in ("run", "draft_record", "sweep"):
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.add_column(sa.Column("account", sa.String(length=32), nullable=True))
    with op.batch_alter_table("run", schema=None) as batch_op:
        batch_op.create_index("run_by_account", ["account", "created_at"], unique=False)
    with op.batch_alter_table("draft_record", schema=None) as batch_op:
        batch_op.create_index("draft_record_by_account", ["account", "updated_at"], unique=False)
