"""The HTTP side: blueprints for the connector, the scheduler and the operator."""
