"""Video files: opened, encoded, decoded within limits, and the cache of decoded clips."""
