"""Leads with their moves, versions, messages and timers; consultants."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from bot.database.tables import UtcDateTime, token

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Leads with their moves, versions, messages and timers; consultants."""
    op.create_table(
        "consultants",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("name", sa.String(length=128), nullable=False),
        sa.Column("enrolled_by", sa.BigInteger(), nullable=False),
        sa.Column("enrolled_at", UtcDateTime(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consultants")),
    )
    op.create_table(
        "invitations",
        sa.Column("id", sa.String(length=16), nullable=False),
        sa.Column("made_by", sa.BigInteger(), nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.Column("used_by", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitations")),
    )
    op.create_table(
        "lead_messages",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("lead_id", sa.Integer(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("author", sa.BigInteger(), nullable=False),
        sa.Column("author_name", sa.String(length=128), nullable=False),
        sa.Column("from_official", sa.Boolean(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["lead_id"], ["leads.id"], name=op.f("fk_lead_messages_lead_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lead_messages")),
    )
    with op.batch_alter_table("lead_messages", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_lead_messages_lead_id"), ["lead_id"], unique=False)

    op.create_table(
        "lead_moves",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("lead_id", sa.Integer(), nullable=False),
        sa.Column("who", sa.BigInteger(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("action", sa.String(length=20), nullable=False),
        sa.Column("before", sa.String(length=20), nullable=False),
        sa.Column("after", sa.String(length=20), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["lead_id"], ["leads.id"], name=op.f("fk_lead_moves_lead_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lead_moves")),
    )
    with op.batch_alter_table("lead_moves", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_lead_moves_lead_id"), ["lead_id"], unique=False)

    op.create_table(
        "lead_timers",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("lead_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("done_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["lead_id"], ["leads.id"], name=op.f("fk_lead_timers_lead_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lead_timers")),
    )
    with op.batch_alter_table("lead_timers", schema=None) as batch_op:
        batch_op.create_index("ix_lead_timers_due", ["done_at", "at"], unique=False)
        batch_op.create_index(batch_op.f("ix_lead_timers_lead_id"), ["lead_id"], unique=False)

    op.create_table(
        "lead_versions",
        sa.Column("id", sa.String(length=16), nullable=False),
        sa.Column("lead_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("author", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("citations", sa.JSON(), nullable=False),
        sa.Column("generation", sa.String(length=80), nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.Column("reason", sa.String(length=20), nullable=False),
        sa.Column("sent_by", sa.BigInteger(), nullable=True),
        sa.Column("sent_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["lead_id"], ["leads.id"], name=op.f("fk_lead_versions_lead_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lead_versions")),
        sa.UniqueConstraint("lead_id", "number", name=op.f("uq_lead_versions_lead_id")),
    )
    with op.batch_alter_table("lead_versions", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_lead_versions_lead_id"), ["lead_id"], unique=False)

    with op.batch_alter_table("leads", schema=None) as batch_op:
        batch_op.add_column(sa.Column("token", sa.String(length=16), nullable=True))
        batch_op.add_column(sa.Column("changed_at", UtcDateTime(), nullable=True))
        batch_op.add_column(sa.Column("owner_id", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("topic_id", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("card", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("silent", sa.Boolean(), nullable=True))
        batch_op.add_column(sa.Column("first_response_at", UtcDateTime(), nullable=True))
        batch_op.add_column(sa.Column("merged_into", sa.Integer(), nullable=True))
        batch_op.create_index(batch_op.f("ix_leads_owner_id"), ["owner_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_leads_state"), ["state"], unique=False)
        batch_op.create_foreign_key(
            batch_op.f("fk_leads_merged_into"), "leads", ["merged_into"], ["id"], ondelete="SET NULL"
        )

    _fill_leads()
    with op.batch_alter_table("leads", schema=None) as batch_op:
        batch_op.alter_column("token", existing_type=sa.String(length=16), nullable=False)
        batch_op.alter_column("changed_at", existing_type=UtcDateTime(), nullable=False)
        batch_op.alter_column("silent", existing_type=sa.Boolean(), nullable=False)
        batch_op.create_unique_constraint(batch_op.f("uq_leads_token"), ["token"])

    with op.batch_alter_table("messages", schema=None) as batch_op:
        batch_op.add_column(sa.Column("lead_id", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("purpose", sa.String(length=40), nullable=True))
        batch_op.create_foreign_key(
            batch_op.f("fk_messages_lead_id"), "leads", ["lead_id"], ["id"], ondelete="SET NULL"
        )


def _fill_leads() -> None:
    """What the requests that are already there have in the new columns."""
    leads = sa.table(
        "leads",
        sa.column("id"),
        sa.column("token"),
        sa.column("created_at"),
        sa.column("changed_at"),
        sa.column("silent"),
    )
    connection = op.get_bind()
    for identifier in connection.scalars(sa.select(leads.c.id)).all():
        values = {"token": token(), "changed_at": leads.c.created_at, "silent": sa.false()}
        connection.execute(leads.update().where(leads.c.id == identifier).values(values))


def downgrade() -> None:
    """Undo it."""
    with op.batch_alter_table("messages", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_messages_lead_id"), type_="foreignkey")
        batch_op.drop_column("purpose")
        batch_op.drop_column("lead_id")

    with op.batch_alter_table("leads", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_leads_merged_into"), type_="foreignkey")
        batch_op.drop_constraint(batch_op.f("uq_leads_token"), type_="unique")
        batch_op.drop_index(batch_op.f("ix_leads_state"))
        batch_op.drop_index(batch_op.f("ix_leads_owner_id"))
        batch_op.drop_column("merged_into")
        batch_op.drop_column("first_response_at")
        batch_op.drop_column("silent")
        batch_op.drop_column("card")
        batch_op.drop_column("topic_id")
        batch_op.drop_column("owner_id")
        batch_op.drop_column("changed_at")
        batch_op.drop_column("token")

    with op.batch_alter_table("lead_versions", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_lead_versions_lead_id"))

    op.drop_table("lead_versions")
    with op.batch_alter_table("lead_timers", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_lead_timers_lead_id"))
        batch_op.drop_index("ix_lead_timers_due")

    op.drop_table("lead_timers")
    with op.batch_alter_table("lead_moves", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_lead_moves_lead_id"))

    op.drop_table("lead_moves")
    with op.batch_alter_table("lead_messages", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_lead_messages_lead_id"))

    op.drop_table("lead_messages")
    op.drop_table("invitations")
    op.drop_table("consultants")
