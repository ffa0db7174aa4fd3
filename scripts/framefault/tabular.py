"""Parquet tables of dictionaries, checked when read."""

import pyarrow as pa
import pyarrow.parquet as pq

from framefault.files import damaged, whole


def write_rows(path, rows, schema):
    """Write dictionaries as Parquet with a checksum per page."""
    with whole(path) as part:
        pq.write_table(pa.Table.from_pylist(rows, schema), part, write_page_checksum=True)


def read_rows(path, schema):
    """Rows as dictionaries. Raises UserError if the file is damaged."""
    try:
        table = pq.read_table(path, page_checksum_verification=True)
        table.validate(full=True)
        return table.cast(schema).to_pylist()
    except FileNotFoundError:
        raise
    except (pa.ArrowException, ValueError, OSError) as error:
        raise damaged(path, error) from error
