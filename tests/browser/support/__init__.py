"""What browser tests share: a server process, folders of test apps, and watched browser tabs."""
