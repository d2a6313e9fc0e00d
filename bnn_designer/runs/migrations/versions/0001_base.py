"""The schema when revisions began. Programs before them called it version 1, and made it piece by piece."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    _runs()
    _drafts()
    op.create_table(
        "store_schema",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("version", sa.Integer, nullable=False),
        if_not_exists=True,
    )
    # from here on alembic_version counts; another number makes those programs say that they are too old
    op.execute("DELETE FROM store_schema")
    op.execute("INSERT INTO store_schema (id, version) VALUES (1, 2)")


def _runs() -> None:
    op.create_table(
        "run",
        sa.Column("id", sa.String(16), primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("design", sa.Text, nullable=False),
        sa.Column("recipe", sa.Text, nullable=False),
        sa.Column("created_at", sa.Float, nullable=False),
        sa.Column("started_at", sa.Float),
        sa.Column("finished_at", sa.Float),
        sa.Column("heartbeat_at", sa.Float),
        sa.Column("cancel_requested", sa.Boolean, nullable=False, server_default="0"),
        sa.Column("error", sa.Text),
        sa.Column("host", sa.Text),
        sa.Column("pid", sa.Integer),
        sa.Column("process_started_at", sa.Float),
        sa.Column("engine_used", sa.String(16)),
        sa.Column("best_val_accuracy", sa.Float),
        if_not_exists=True,
    )
    op.create_index("run_by_status", "run", ["status", "created_at"], if_not_exists=True)
    op.create_table(
        "event",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("run_id", sa.String(16), sa.ForeignKey("run.id", ondelete="CASCADE"), nullable=False),
        sa.Column("created_at", sa.Float, nullable=False),
        sa.Column("event", sa.Text, nullable=False),
        sqlite_autoincrement=True,
        if_not_exists=True,
    )
    op.create_index("event_by_run", "event", ["run_id", "id"], if_not_exists=True)


def _drafts() -> None:
    op.create_table(
        "draft_record",
        sa.Column("id", sa.String(16), primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("folded_name", sa.Text, nullable=False),
        sa.Column("blocks", sa.Integer, nullable=False),
        sa.Column("height", sa.Integer, nullable=False),
        sa.Column("width", sa.Integer, nullable=False),
        sa.Column("channels", sa.Integer, nullable=False),
        sa.Column("recipe", sa.Text),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("editor", sa.Text, nullable=False),
        sa.Column("first_step", sa.Integer, nullable=False),
        sa.Column("step", sa.Integer, nullable=False),
        sa.Column("last_step", sa.Integer, nullable=False),
        sa.Column("updated_at", sa.Float, nullable=False),
        sa.Column("deleted_at", sa.Float),
        if_not_exists=True,
    )
    op.create_index("draft_record_by_time", "draft_record", ["deleted_at", "updated_at"], if_not_exists=True)
    op.create_table(
        "draft_step",
        sa.Column("draft_id", *_of_draft(), nullable=False, primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("design", sa.Text, nullable=False),
        if_not_exists=True,
    )
    op.create_table(
        "draft_snapshot",
        sa.Column("id", sa.String(16), primary_key=True),
        sa.Column("draft_id", *_of_draft(), nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("design", sa.Text, nullable=False),
        sa.Column("blocks", sa.Integer, nullable=False),
        sa.Column("created_at", sa.Float, nullable=False),
        if_not_exists=True,
    )
    op.create_index("draft_snapshot_by_draft", "draft_snapshot", ["draft_id", "created_at"], if_not_exists=True)
    op.create_table(
        "draft_client",
        sa.Column("draft_id", *_of_draft(), nullable=False, primary_key=True),
        sa.Column("client", sa.String(64), primary_key=True),
        sa.Column("number", sa.BigInteger, nullable=False),
        sa.Column("updated_at", sa.Float, nullable=False),
        if_not_exists=True,
    )


def _of_draft() -> tuple[sa.String, sa.ForeignKey]:
    return sa.String(16), sa.ForeignKey("draft_record.id", ondelete="CASCADE")
