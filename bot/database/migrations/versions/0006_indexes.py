"""Messages by their purpose, which every answer asks for, and by what they replace, which every deletion does."""

from __future__ import annotations

from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Messages by their purpose and by what they replace."""
    op.create_index(op.f("ix_messages_purpose"), "messages", ["purpose"], unique=False)
    op.create_index(op.f("ix_messages_replaces"), "messages", ["replaces"], unique=False)


def downgrade() -> None:
    """Undo it."""
    op.drop_index(op.f("ix_messages_replaces"), "messages")
    op.drop_index(op.f("ix_messages_purpose"), "messages")
