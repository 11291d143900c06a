"""The app that the tests of components look at: a page for each module of `pages`."""
