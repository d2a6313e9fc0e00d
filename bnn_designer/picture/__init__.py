"""Pictures of a network: where its blocks stand, drawn as SVG and PNG, and the charts of a report."""
