"""The errors of the bot.

StartError   the bot cannot start; the message says what is missing
StopError    it cannot go on; the message says why
"""


class StartError(Exception):
    """A setting that the bot needs is missing or refused."""


class StopError(Exception):
    """Something that the running bot needs is gone; what it was doing is kept."""
