"""The same jobs as the pages, without a browser: a module a group of commands, and the tables they print."""
