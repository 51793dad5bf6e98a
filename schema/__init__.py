"""What may be asked: the GraphQL schema, built from commands, events and views."""
