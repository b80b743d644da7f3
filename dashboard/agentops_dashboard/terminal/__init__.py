"""The terminal twin of the pages: lists and trees that read well in 80 columns and in a pipe."""
