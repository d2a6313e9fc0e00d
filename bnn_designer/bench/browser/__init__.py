"""The app on a server of its own and a real browser on it: for ``bench ui`` and for the tests in ``tests/browser``.

`pages` alone knows where things are on the pages; `watch` times and counts in the browser; `clients` are many visitors
without a browser. Playwright is a development dependency, and is imported where it is needed only.
"""
