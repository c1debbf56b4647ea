"""Versions that a chat model writes anew, and what wrote a version."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from bot.database.tables import UtcDateTime

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Versions that a chat model writes anew, and what wrote a version."""
    with op.batch_alter_table("lead_versions", schema=None) as batch_op:
        batch_op.add_column(sa.Column("engine", sa.String(length=80), nullable=False, server_default=""))
        batch_op.create_index(batch_op.f("ix_lead_versions_made_at"), ["made_at"], unique=False)

    op.create_table(
        "lead_redrafts",
        sa.Column("lead_id", sa.Integer(), nullable=False),
        sa.Column("version_id", sa.String(length=16), nullable=False),
        sa.Column("wish", sa.Text(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("person_name", sa.String(length=128), nullable=False),
        sa.Column("asked_at", UtcDateTime(), nullable=False),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.Column("is_open", sa.Boolean(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("sign", sa.Integer(), nullable=True),
        sa.Column("why", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["lead_id"], ["leads.id"], name=op.f("fk_lead_redrafts_lead_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["version_id"], ["lead_versions.id"], name=op.f("fk_lead_redrafts_version_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("lead_id", name=op.f("pk_lead_redrafts")),
    )
    with op.batch_alter_table("lead_redrafts", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_lead_redrafts_changed_at"), ["changed_at"], unique=False)


def downgrade() -> None:
    """Undo it."""
    with op.batch_alter_table("lead_redrafts", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_lead_redrafts_changed_at"))

    op.drop_table("lead_redrafts")
    with op.batch_alter_table("lead_versions", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_lead_versions_made_at"))
        batch_op.drop_column("engine")
