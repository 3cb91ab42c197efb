"""Photos in, measurements out: pure functions without files, database, pages or network."""
