"""The static pages: what the published warehouse says, to be opened from a folder or any web server."""
