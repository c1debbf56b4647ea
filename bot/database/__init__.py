"""What has to outlive the process: one SQLite file in the data directory, its tables and migrations."""
