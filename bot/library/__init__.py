"""What admins do with the library from the bot: files on their way, processes that do the work."""
