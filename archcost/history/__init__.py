"""What git knows of specs: files as they were, and renames."""
