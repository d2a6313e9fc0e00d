"""Classes, their members and how far each is; runs are found by the name that they were queued under."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.create_table(
        "class_record",
        sa.Column("id", sa.String(length=16), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("code", sa.String(length=16), nullable=False),
        sa.Column("key_hash", sa.String(length=64), nullable=False),
        sa.Column("lesson", sa.String(length=64), nullable=False),
        sa.Column("design", sa.Text(), nullable=True),
        sa.Column("created_at", sa.Float(), nullable=False),
        sa.Column("ended_at", sa.Float(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("class_by_code", "class_record", ["code"], unique=True)
    op.create_index("class_by_key", "class_record", ["key_hash"], unique=True)
    op.create_table(
        "class_member",
        sa.Column("id", sa.String(length=16), nullable=False),
        sa.Column("class_id", sa.String(length=16), nullable=False),
        sa.Column("key_hash", sa.String(length=64), nullable=False),
        sa.Column("nickname", sa.String(length=40), nullable=False),
        sa.Column("joined_at", sa.Float(), nullable=False),
        sa.Column("reported_at", sa.Float(), server_default="0", nullable=False),
        sa.Column("puzzle", sa.Text(), server_default="[]", nullable=False),
        sa.ForeignKeyConstraint(["class_id"], ["class_record.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("class_member_by_class", "class_member", ["class_id"], unique=False)
    op.create_index("class_member_by_nickname", "class_member", ["nickname"], unique=True)
    op.create_table(
        "class_progress",
        sa.Column("member_id", sa.String(length=16), nullable=False),
        sa.Column("lesson", sa.String(length=64), nullable=False),
        sa.Column("begun_at", sa.Float(), nullable=False),
        sa.Column("answer", sa.Integer(), nullable=True),
        sa.Column("done", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["member_id"], ["class_member.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("member_id", "lesson"),
    )
    op.create_index("run_by_person", "run", ["person"], unique=False)
