"""The only room that opens source files and writes them: trees of a folder, temporary blobs."""
