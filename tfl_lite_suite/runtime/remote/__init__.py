"""Another machine made to run the suite's verbs: the connection, what is installed there, and what runs there."""
