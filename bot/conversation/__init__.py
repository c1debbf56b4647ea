"""A question with its history in, a grounded draft out; knows no Telegram and no web."""
