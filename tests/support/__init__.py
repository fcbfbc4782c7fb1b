"""What tests of several folders start: servers and commands, each a process of its own."""
