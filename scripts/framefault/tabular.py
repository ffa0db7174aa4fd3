"""Tables as pandas frames, from file to file."""

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from framefault.files import damaged, whole


def write_csv(path, table):
    """A frame, or a list of dictionaries, as CSV with Unix line ends; the index is left out."""
    with whole(path) as part:
        pd.DataFrame(table).to_csv(part, index=False, lineterminator="\n")


def read_csv(path, types=None):
    """A CSV file as a frame; `types` ({column: type}) where pandas must not guess.

    Only empty fields are missing values: "none" or "NA" are names like any other.
    """
    return pd.read_csv(path, dtype=types, keep_default_na=False, na_values=[""])


def write_parquet(path, table, schema):
    """A frame, an Arrow table or a list of dictionaries as Parquet, with a checksum per page."""
    if isinstance(table, pa.Table):
        rows = table.cast(schema)
    elif isinstance(table, pd.DataFrame):
        rows = pa.Table.from_pandas(table, schema, preserve_index=False)
    else:
        rows = pa.Table.from_pylist(table, schema)
    with whole(path) as part:
        pq.write_table(rows.replace_schema_metadata(), part, write_page_checksum=True)


def read_parquet(path, schema):
    """A Parquet file as an Arrow table. Raises UserError if the file is damaged."""
    try:
        with pq.ParquetFile(path, page_checksum_verification=True) as file:
            table = file.read()
            if table.num_rows != file.metadata.num_rows:  # no checksum covers these numbers
                raise ValueError("rows are missing")
        table.validate(full=True)
        return table.cast(schema)
    except FileNotFoundError:
        raise
    except (pa.ArrowException, ValueError, OSError) as error:
        raise damaged(path, error) from error
