"""Every record that crosses a room or rests on disk; nothing here decides anything."""
