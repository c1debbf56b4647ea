"""Rows of what admins send and want of the library: uploads and jobs."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.database.library_tables import JobState, LibraryJob, Upload, UploadState
from bot.database.tables import now

OPEN = (JobState.WAITING, JobState.RUNNING)


def open_upload(session: Session, person: int, name: str, chat: int, album: str | None) -> Upload:
    """The upload that a further file of an album belongs to, or a new one."""
    found = None
    if album:
        query = select(Upload).where(Upload.chat_id == chat, Upload.album == album)
        found = session.scalar(query.where(Upload.state == UploadState.RECEIVED, Upload.attempts == 0))
    if found is None:
        found = Upload(person_id=person, person_name=name[:128], chat_id=chat, album=album, files=[], examined=[])
        session.add(found)
        session.flush()
    found.changed_at = now()
    return found


def next_to_examine(session: Session, quiet: timedelta) -> Upload | None:
    """The oldest upload that is complete: nothing was added to it for a while."""
    query = select(Upload).where(Upload.state == UploadState.RECEIVED, Upload.changed_at < now() - quiet)
    return session.scalar(query.order_by(Upload.created_at).limit(1))


def examine_again(upload: Upload, places: Collection[int]) -> None:
    """Have the files at these places examined anew, so that the card shows what will be."""
    upload.examined = [one | ({"stale": True} if i in places else {}) for i, one in enumerate(upload.examined)]
    # What is in the past needs no waiting for the rest of an album.
    upload.state, upload.changed_at = UploadState.RECEIVED, now() - timedelta(minutes=1)


def cancel_older(session: Session, days: int) -> list[str]:
    """Cancel the uploads that nobody decided on for so many days; returns their staged files."""
    query = select(Upload).where(Upload.state == UploadState.EXAMINED, Upload.changed_at < now() - timedelta(days=days))
    old = list(session.scalars(query))
    for upload in old:
        upload.state = UploadState.CANCELLED
    return [str(file["staged"]) for upload in old for file in upload.files]


def open_job(session: Session) -> LibraryJob | None:
    """The piece of work that is under way; there is one at a time."""
    return session.scalar(select(LibraryJob).where(LibraryJob.state.in_(OPEN)).order_by(LibraryJob.id).limit(1))


def add_job(
    session: Session, kind: str, what: dict[str, Any], person: tuple[int, str], chat: int, upload: str | None = None
) -> LibraryJob:
    """A piece of work that is to be done; the caller has looked that none is under way."""
    job = LibraryJob(
        kind=kind, what=what, person_id=person[0], person_name=person[1][:128], chat_id=chat, upload_id=upload
    )
    session.add(job)
    session.flush()
    return job


def job_of(session: Session, token: str) -> LibraryJob | None:
    """The job whose button was pressed."""
    return session.scalar(select(LibraryJob).where(LibraryJob.token == token))


def end_job(session: Session, identifier: int, *, well: bool, result: dict[str, Any]) -> LibraryJob:
    """Note how a job ended."""
    job = session.get_one(LibraryJob, identifier)
    job.state, job.ended_at, job.result = (JobState.DONE if well else JobState.FAILED), now(), result
    return job
