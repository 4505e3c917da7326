"""BlobStore on plain files, one a digest."""
