"""From a config and data to a published version. Nothing here is imported by serving."""
