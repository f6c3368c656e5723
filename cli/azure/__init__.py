"""What the tool does in Azure itself, by the sign-in of the Azure CLI: learn where things are, and renew secrets."""
