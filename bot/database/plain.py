"""The tables themselves, for the statements that every question goes through.

Through the classes of `tables` such a statement costs two to three times as much processor time (the database thread
2.9 to 3.5 ms a question, 2.1 so). The session does not hear of what these change, and does not first write what waits
in it.
"""

from __future__ import annotations

from sqlalchemy import Table

from bot.database import tables

UPDATES: Table = tables.Base.metadata.tables[tables.ReceivedUpdate.__tablename__]
MESSAGES: Table = tables.Base.metadata.tables[tables.OutboxMessage.__tablename__]
PEOPLE: Table = tables.Base.metadata.tables[tables.Person.__tablename__]
TURNS: Table = tables.Base.metadata.tables[tables.Turn.__tablename__]
INTAKES: Table = tables.Base.metadata.tables[tables.Intake.__tablename__]
LEADS: Table = tables.Base.metadata.tables[tables.Lead.__tablename__]
