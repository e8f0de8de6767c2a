"""What the pages need besides: the series, files, measurements."""
