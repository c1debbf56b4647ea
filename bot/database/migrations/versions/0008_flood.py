"""The messages of each person within the window of the limits, for processes that share them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from bot.database.tables import UtcDateTime

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """The messages of each person within the window of the limits."""
    op.create_table(
        "floods",
        sa.Column("person_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("times", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("told_until", sa.Double(), nullable=False),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_floods")),
    )


def downgrade() -> None:
    """Undo it."""
    op.drop_table("floods")
