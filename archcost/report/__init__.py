"""One result, many writers: what an analysis found, as a table, JSON, CSV or Markdown."""
