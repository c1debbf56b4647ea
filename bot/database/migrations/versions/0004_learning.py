"""Exports, reusable responses, the gap list; what a topic was called last, and numbers of messages."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from bot.database.tables import UtcDateTime

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Exports, reusable responses, the gap list; what a topic was called last, and numbers of messages."""
    op.create_table(
        "exports",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("who", sa.BigInteger(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("form", sa.String(length=8), nullable=False),
        sa.Column("since", UtcDateTime(), nullable=True),
        sa.Column("leads", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exports")),
    )
    op.create_table(
        "gaps",
        sa.Column("id", sa.String(length=16), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.Column("closed_by", sa.BigInteger(), nullable=True),
        sa.Column("closed_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gaps")),
    )
    with op.batch_alter_table("gaps", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_gaps_state"), ["state"], unique=False)

    op.create_table(
        "gap_events",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("gap_id", sa.String(length=16), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("reason", sa.String(length=20), nullable=False),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("turn_id", sa.String(length=16), nullable=True),
        sa.Column("version_id", sa.String(length=16), nullable=True),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["gap_id"], ["gaps.id"], name=op.f("fk_gap_events_gap_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["turn_id"], ["turns.id"], name=op.f("fk_gap_events_turn_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["version_id"], ["lead_versions.id"], name=op.f("fk_gap_events_version_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gap_events")),
        sa.UniqueConstraint("turn_id", "kind", name=op.f("uq_gap_events_turn_id")),
        sa.UniqueConstraint("version_id", "kind", name=op.f("uq_gap_events_version_id")),
    )
    with op.batch_alter_table("gap_events", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_gap_events_gap_id"), ["gap_id"], unique=False)

    op.create_table(
        "reusable",
        sa.Column("id", sa.String(length=16), nullable=False),
        sa.Column("version_id", sa.String(length=16), nullable=False),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("marked_by", sa.BigInteger(), nullable=False),
        sa.Column("marked_at", UtcDateTime(), nullable=False),
        sa.Column("checked", sa.String(length=80), nullable=False),
        sa.Column("retired_at", UtcDateTime(), nullable=True),
        sa.Column("why", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["version_id"], ["lead_versions.id"], name=op.f("fk_reusable_version_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reusable")),
        sa.UniqueConstraint("version_id", name=op.f("uq_reusable_version_id")),
    )
    with op.batch_alter_table("lead_messages", schema=None) as batch_op:
        batch_op.add_column(sa.Column("message_id", sa.BigInteger(), nullable=True))

    with op.batch_alter_table("leads", schema=None) as batch_op:
        batch_op.add_column(sa.Column("topic_title", sa.String(length=128), nullable=True))
        batch_op.add_column(sa.Column("topic_icon", sa.String(length=32), nullable=True))
        batch_op.add_column(sa.Column("suggested", sa.JSON(none_as_null=True), nullable=True))


def downgrade() -> None:
    """Undo it."""
    with op.batch_alter_table("leads", schema=None) as batch_op:
        batch_op.drop_column("suggested")
        batch_op.drop_column("topic_icon")
        batch_op.drop_column("topic_title")

    with op.batch_alter_table("lead_messages", schema=None) as batch_op:
        batch_op.drop_column("message_id")

    op.drop_table("reusable")
    with op.batch_alter_table("gap_events", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_gap_events_gap_id"))

    op.drop_table("gap_events")
    with op.batch_alter_table("gaps", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_gaps_state"))

    op.drop_table("gaps")
    op.drop_table("exports")
