"""What an operator does now and then: mappings, dead letters, histories, reconcile, keys, what is in Azure."""
