"""The assistant in Telegram: updates in, messages out; nothing is lost between the two."""
