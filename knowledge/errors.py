"""The errors of the library.

KnowledgeError
├── DocumentError        one file cannot be taken in; the others go on
├── LibraryBusyError     another ingest holds the lock
├── NoGenerationError    nothing has been ingested, or there is nothing to roll back to
├── VerificationError    a new generation does not find its own passages; the old one stays
├── GateError            a new generation answers worse, or jumps in size; the old one stays
├── IndexUnreachableError the Chroma server or the database that the index is shared by does not answer
└── ModelError           the embedding model cannot be prepared
"""


class KnowledgeError(Exception):
    """Base of every error that this package raises on purpose."""


class DocumentError(KnowledgeError):
    """One document is refused; `reason` is what the admin reads, `page` counts from 1."""

    def __init__(self, reason: str, page: int | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.page = page


class LibraryBusyError(KnowledgeError):
    """Another ingest is running on the same data directory."""


class NoGenerationError(KnowledgeError):
    """There is no generation to open or to go back to."""


class VerificationError(KnowledgeError):
    """The new generation failed its check and was not switched to."""


class GateError(KnowledgeError):
    """The new generation was not switched to; `reasons` are for the admin, `questions` got worse."""

    def __init__(self, reasons: tuple[str, ...], questions: tuple[str, ...]) -> None:
        super().__init__("; ".join(reasons) + ". Periksa, lalu ulangi dengan --force bila memang dikehendaki.")
        self.reasons = reasons
        self.questions = questions


class IndexUnreachableError(KnowledgeError):
    """The Chroma server, or the database beside it, does not answer."""


class ModelError(KnowledgeError):
    """The embedding model is missing or unreadable."""
