"""The hash of the values that a run reads."""

import hashlib

from maas.tables.columns import Values


def hash_columns(columns: list[tuple[str, Values]]) -> str:
    """Hash the values, not their memory: numbers in little-endian, text with its length."""
    digest = hashlib.sha256()
    for name, values in columns:
        if values.dtype == object:
            texts = [b"\0" if value is None else b"\1" + value.encode() for value in values]
            data = b"".join(len(text).to_bytes(8, "little") + text for text in texts)
        else:
            data = values.astype(values.dtype.newbyteorder("<")).tobytes()
        header = f"{name}\0{values.dtype.kind}\0{len(values)}\0{len(data)}\0"
        digest.update(header.encode() + data)
    return digest.hexdigest()
