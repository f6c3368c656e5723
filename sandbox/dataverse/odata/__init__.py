"""OData's words as Dataverse takes them: options, preferences, filters, addresses, batches."""
