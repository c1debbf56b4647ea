"""Documents in, ranked passages out; knows nothing of the bot."""
