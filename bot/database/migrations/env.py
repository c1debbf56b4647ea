"""Alembic's entry: migrate on the connection that `Database.migrate` hands over."""

from __future__ import annotations

from alembic import context

from bot.database import board_tables, library_tables  # noqa: F401  their tables
from bot.database.tables import Base

connection = context.config.attributes["connection"]
# SQLite changes a table by copying it.
context.configure(connection=connection, target_metadata=Base.metadata, render_as_batch=True)
with context.begin_transaction():
    context.run_migrations()
