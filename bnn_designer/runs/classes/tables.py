"""The tables of classes: a row a class, a row a member, and of each member a row for each lesson that they opened.

Nothing in them says who a member is: a nickname is drawn by lot, and of a key only its SHA-256 is kept.
"""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Float, ForeignKey, Index, Integer, String, Table, Text

from bnn_designer.runs.database import METADATA, StoredText

CLASSES = Table(
    "class_record",
    METADATA,
    Column("id", String(16), primary_key=True),
    Column("name", StoredText, nullable=False),
    Column("code", String(16), nullable=False),
    Column("key_hash", String(64), nullable=False),
    Column("lesson", String(64), nullable=False),
    Column("design", Text),
    Column("created_at", Float, nullable=False),
    Column("ended_at", Float),
    Index("class_by_code", "code", unique=True),
    Index("class_by_key", "key_hash", unique=True),
)

MEMBERS = Table(
    "class_member",
    METADATA,
    Column("id", String(16), primary_key=True),
    Column("class_id", String(16), ForeignKey(CLASSES.c.id, ondelete="CASCADE"), nullable=False),
    Column("key_hash", String(64), nullable=False),
    Column("nickname", String(40), nullable=False),
    Column("joined_at", Float, nullable=False),
    Column("reported_at", Float, nullable=False, default=0.0, server_default="0"),
    # codes of the choices on the member's board of the budget puzzle, as JSON
    Column("puzzle", StoredText, nullable=False, default="[]", server_default="[]"),
    Index("class_member_by_class", "class_id"),
    # in all classes together: a run is a member's by this name
    Index("class_member_by_nickname", "nickname", unique=True),
)

PROGRESS = Table(
    "class_progress",
    METADATA,
    Column("member_id", String(16), ForeignKey(MEMBERS.c.id, ondelete="CASCADE"), primary_key=True),
    Column("lesson", String(64), primary_key=True),
    Column("begun_at", Float, nullable=False),
    Column("answer", Integer),
    Column("done", Boolean, nullable=False),
)
