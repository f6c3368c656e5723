"""Everything that lives in Dynamics, by name. Pure: nothing here asks Dynamics."""
