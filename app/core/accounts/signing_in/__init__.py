"""How people prove who they are: passwords, logins, links, tokens."""
