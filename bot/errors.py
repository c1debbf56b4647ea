"""The errors of the bot.

StartError   the bot cannot start; the message says what is missing
"""


class StartError(Exception):
    """A setting that the bot needs is missing or refused."""
