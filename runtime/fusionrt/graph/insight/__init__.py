"""Looking at a graph: explanations, diagrams, counts. No law needs anything of this."""
