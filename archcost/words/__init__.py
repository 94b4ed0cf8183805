"""How things are said, by every command: numbers, tables, names, lists."""
