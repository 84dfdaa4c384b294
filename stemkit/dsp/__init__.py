"""Pure functions over block streams; nothing here ever sees a path."""
