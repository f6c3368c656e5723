"""The public REST API over HTTP requests and answers."""
