"""The CycloneDX document of an artifact: what is in it, what it names, and how complete that list is."""
